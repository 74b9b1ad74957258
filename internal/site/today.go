package site

import (
	"detente/internal/view"
)

// today is what an officer opens at 3 a.m.: what waits for an answer, what the
// others owe, what changed, and the state of the line in words.
func (v *visit) today() error {
	brief, err := view.BriefOf(v.Node, v.Node.Party(), view.BriefOptions{Channels: v.Node.Channels(), Lang: v.loc.Tag})
	if err != nil {
		return err
	}
	t := Today{Brief: brief}
	for _, c := range brief.Channels {
		line, err := view.State(v.Node, c.Channel)
		if err != nil {
			return err
		}
		t.Channels = append(t.Channels, TodayChannel{c, line})
		for _, n := range c.Unread.Lines {
			if n.Precedence == "flash" {
				t.Flash = append(t.Flash, n)
			}
		}
	}
	return v.render("today", &Page{Title: v.loc.T("Today"), Data: t})
}

// Today is the data of the page.
type Today struct {
	Brief    *view.Brief
	Channels []TodayChannel
	Flash    []*view.BriefNote // that no person here has acknowledged
}

// TodayChannel is one channel of the page.
type TodayChannel struct {
	*view.BriefChannel
	Line *view.Line
}

// line is the state of the line of one channel, in words.
func (v *visit) line() error {
	channel, err := v.channel()
	if err != nil {
		return err
	}
	line, err := view.State(v.Node, channel)
	if err != nil {
		return err
	}
	return v.render("line", &Page{Title: v.loc.T("Line"), Channel: &line.Frame, Data: line})
}
