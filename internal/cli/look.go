package cli

import (
	"context"
	"errors"
	"flag"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"detente/internal/page"
	"detente/internal/view"
)

// setupView is the Setup of a command that shows one view of a channel.
func setupView[T any](path string, render func(*Call, *T)) func(*flag.FlagSet, []string) func(context.Context, *Call) error {
	return func(f *flag.FlagSet, _ []string) func(context.Context, *Call) error {
		channel := channelFlag(f)
		return func(ctx context.Context, c *Call) error {
			if err := c.want(0, 0, "no arguments"); err != nil {
				return err
			}
			return show(ctx, c, path, url.Values{"channel": {*channel}}, render)
		}
	}
}

func channelFlag(f *flag.FlagSet) *string {
	return f.String("channel", "", "the channel's name or the first digits of its digest, where there are several")
}

func setupList(path string) func(*flag.FlagSet, []string) func(context.Context, *Call) error {
	return func(f *flag.FlagSet, _ []string) func(context.Context, *Call) error {
		channel := channelFlag(f)
		act := f.String("act", "", "only this act, or acts of this kind")
		since := f.String("since", "", "only what is claimed to be no older, 2024-01-16T00:00:00Z")
		limit := f.Int("limit", 0, "at most so many, the newest (0: all)")
		return func(ctx context.Context, c *Call) error {
			if err := c.want(0, 0, "no arguments"); err != nil {
				return err
			}
			q := url.Values{"channel": {*channel}, "act": {*act}, "since": {*since}, "limit": {strconv.Itoa(*limit)}}
			return show(ctx, c, path, q, renderNotes)
		}
	}
}

func setupRegister(f *flag.FlagSet, _ []string) func(context.Context, *Call) error {
	channel := channelFlag(f)
	kind := f.String("kind", "", "only matters of this kind")
	return func(ctx context.Context, c *Call) error {
		if err := c.want(0, 0, "no arguments"); err != nil {
			return err
		}
		return show(ctx, c, "register", url.Values{"channel": {*channel}, "kind": {*kind}}, renderRegister)
	}
}

func setupShow(f *flag.FlagSet, _ []string) func(context.Context, *Call) error {
	channel := channelFlag(f)
	one := f.Bool("note", false, "the note itself, with its texts, quotations, header and check words")
	save := 0
	f.Func("attachment", "write the attachment with this number, from 1, to standard output, or to --out", func(s string) (err error) {
		if save, err = strconv.Atoi(s); err != nil || save < 1 {
			return errors.New("want the number of an attachment, from 1")
		}
		return nil
	})
	out := f.String("out", "-", "where the attachment goes")
	return func(ctx context.Context, c *Call) error {
		if err := c.want(1, 1, "one note, such as PAK#3"); err != nil {
			return err
		}
		id, q := url.PathEscape(c.Args[0]), url.Values{"channel": {*channel}}
		switch {
		case save > 0:
			return c.fetch(ctx, "notes/"+id+"/attachments/"+strconv.Itoa(save), q, *out)
		case *one:
			return show(ctx, c, "notes/"+id, q, renderNote)
		}
		return showMatter(ctx, c, id, q)
	}
}

// showMatter shows a matter, and of a message the note that is all of it.
func showMatter(ctx context.Context, c *Call, id string, q url.Values) (err error) {
	cl, err := c.connect(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, cl.close()) }()
	var v *view.Matter
	err = ask(ctx, c, cl, "GET", "matters/"+id, q, nil, func(_ *Call, m *view.Matter) { v = m })
	if err != nil || v == nil { // nil: it was printed as JSON
		return err
	}
	var letter *view.Note
	if v.Message != nil {
		letter = new(view.Note)
		if err := cl.call(ctx, "GET", "notes/"+url.PathEscape(v.ID.String()), q, nil, letter); err != nil {
			return err
		}
	}
	renderMatter(c, v, letter)
	return nil
}

func setupClocks(f *flag.FlagSet, _ []string) func(context.Context, *Call) error {
	channel := channelFlag(f)
	all := f.Bool("all", false, "also what is met, void or over")
	return func(ctx context.Context, c *Call) error {
		if err := c.want(0, 0, "no arguments"); err != nil {
			return err
		}
		q := url.Values{"channel": {*channel}}
		if *all {
			q.Set("all", "1")
		}
		return show(ctx, c, "clocks", q, func(c *Call, v *view.Clocks) { renderClocks(c, v) })
	}
}

func setupLadder(f *flag.FlagSet, _ []string) func(context.Context, *Call) error {
	channel := channelFlag(f)
	since := f.String("since", "", "the first day, 2024-01-16 (default: that of the first act)")
	until := f.String("until", "", "the last day (default: today)")
	return func(ctx context.Context, c *Call) error {
		if err := c.want(0, 0, "no arguments"); err != nil {
			return err
		}
		return show(ctx, c, "ladder", url.Values{"channel": {*channel}, "since": {*since}, "until": {*until}}, renderLadder)
	}
}

func setupBrief(f *flag.FlagSet, _ []string) func(context.Context, *Call) error {
	channel := f.String("channel", "", "only this channel: its name or the first digits of its digest (default: all)")
	lang := f.String("lang", "en", "the language in which dates are written and words are preferred: "+strings.Join(page.Languages(), ", "))
	since := f.String("since", "", "from when on something has changed, by claimed times, 2024-01-16T00:00:00Z (default: the last day)")
	return func(ctx context.Context, c *Call) error {
		if err := c.want(0, 0, "no arguments"); err != nil {
			return err
		}
		if !slices.Contains(page.Languages(), *lang) {
			return usage("--lang %.20q is none of %s", *lang, strings.Join(page.Languages(), ", "))
		}
		return show(ctx, c, "brief", url.Values{"channel": {*channel}, "lang": {*lang}, "since": {*since}}, renderBrief)
	}
}
