package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"detente/internal/desk"
	"detente/internal/house"
	"detente/internal/page"
	"detente/internal/press"
	"detente/internal/press/webpage"
	"detente/internal/view"
	"detente/internal/web"
	"detente/matter"
	"detente/note"
)

const readHelp = `Reads an article, text or HTML, - for standard input, and proposes drafts: the quoted words, who says them,
who to or about whom, the day where the text gives it, and the act that they could become. Every sentence is
listed as proposed, passed over (why) or dropped (why). Nothing is kept and nothing is sent.

--date is the day of the text, by which "Friday" is read; without it such words stay words. --actors adds a
list of parties, offices, persons and rules to the built-in ones. docs/reading.md says how it judges, and
where it fails.

  detente read article.txt --date 2024-01-19
  detente read article.txt --date 2024-01-19 --outlet 'Exercise Daily' --confirm 1,4=claim

--confirm keeps those that a person has confirmed: what this node's own party does as a draft, with the
quotation, which the note that is made from it carries; anything else, and N=claim, as an in-house claim. What
a draft still lacks is named; detente send KIND/ACT --draft ID gives it.`

// pressRead is what detente read prints as JSON.
type pressRead struct {
	Digest    note.Digest `json:"digest"` // SHA-256 of the file
	File      string      `json:"file"`
	Published string      `json:"published,omitempty"` // as a page says of itself
	Text      string      `json:"text,omitempty"`      // of a page: what the spans are of
	*press.Report
}

func setupRead(f *flag.FlagSet, _ []string) func(context.Context, *Call) error {
	date := f.String("date", "", "the day of the text, 2024-01-19")
	outlet := f.String("outlet", "", "who published it; a claim needs it")
	source := f.String("source", "", "where it can be found again (default: the name of the file)")
	confirm := f.String("confirm", "", "1,3: keep these proposals, which a person has read; 3=claim keeps one as a claim")
	channel := channelFlag(f)
	var actors many
	f.Var(&actors, "actors", "a file of further actors and rules; may be given more than once")
	return func(ctx context.Context, c *Call) error {
		if err := c.want(1, 1, "one file, or -"); err != nil {
			return err
		}
		o := press.Options{}
		if *date != "" {
			var err error
			if o.Date, err = time.Parse(time.DateOnly, *date); err != nil {
				return usage("--date: %.40q is not a day such as 2024-01-19", *date)
			}
		}
		if len(actors) > 0 {
			o.Lexicon = press.Builtin()
		}
		for _, path := range actors {
			list, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			if err := o.Lexicon.Add(list); err != nil {
				return &ExitError{ExitUsage, fmt.Errorf("--actors %s: %w", path, err)}
			}
		}
		r, err := c.read(c.Args[0], o)
		if err != nil {
			return err
		}
		if *confirm == "" {
			return printValue(c, r, renderReading)
		}
		press := house.Press{Date: *date, Digest: r.Digest, Outlet: *outlet}
		if *source == "" && c.Args[0] != "-" {
			*source = c.Args[0]
		}
		return c.confirm(ctx, r, *confirm, press, *source, *channel)
	}
}

// read reads one file, of whichever kind it is.
func (c *Call) read(path string, o press.Options) (*pressRead, error) {
	file, err := c.readFile(path)
	if err != nil {
		return nil, err
	}
	r := &pressRead{Digest: note.Sum(file), File: path}
	text := file
	if webpage.Is(file) {
		p, err := webpage.Read(file)
		if err != nil {
			return nil, &ExitError{ExitUsage, fmt.Errorf("%s: %w", path, err)}
		}
		text, o.Drops, r.Published, r.Text = p.Text, p.Drops, p.Published, string(p.Text)
	}
	if r.Report, err = press.Read(text, o); err != nil {
		return nil, &ExitError{ExitUsage, fmt.Errorf("%s: %w", path, err)}
	}
	return r, nil
}

func renderReading(c *Call, r *pressRead) {
	p := c.page()
	p.Heading(fmt.Sprintf("Proposals: %d. Each is what the text says, for a person to confirm; nothing is kept.", len(r.Proposals)))
	if r.Date == "" && r.Published != "" {
		p.Para(0, fmt.Sprintf("The page says that it was published on %s; with --date %s its days of the week can be read.", r.Published, r.Published))
	}
	for i := range r.Proposals {
		p.Blank()
		renderProposal(p, &r.Proposals[i])
	}
	for _, verdict := range []string{press.Passed, press.Dropped} {
		first := true
		for i := range r.Sentences {
			s := &r.Sentences[i]
			if s.Verdict != verdict {
				continue
			}
			if first {
				p.Blank()
				p.Heading(map[string]string{press.Passed: "Passed over", press.Dropped: "Dropped: no part of the text"}[verdict])
				first = false
			}
			p.Hang(2, fmt.Sprintf("%d.", s.Number), s.Text)
			p.Hang(5, "—", s.Why)
		}
	}
}

func renderProposal(p *page.Page, d *press.Proposal) {
	p.Hang(0, fmt.Sprintf("[%d]", d.Number), d.Act+nature(d))
	p.Hang(4, "words:    ", "“"+d.Quote+"”")
	p.Hang(4, "speaker:  ", d.Who())
	p.Hang(4, "direction:", d.Direction.String())
	if d.Event != nil {
		p.Hang(4, "as told:  ", d.Event.String())
	}
	switch {
	case d.When != "":
		p.Hang(4, "day:      ", d.When+" (“"+d.Dated+"”)")
	case d.Dated != "":
		p.Hang(4, "day:      ", "not resolved (“"+d.Dated+"”)")
	}
	if d.Said != "" {
		p.Hang(4, "said on:  ", d.Said)
	}
	if len(d.Hedges) > 0 {
		p.Hang(4, "reserve:  ", "the sentence says “"+strings.Join(d.Hedges, "”, “")+"”")
	}
	p.Hang(4, "by:       ", fmt.Sprintf("“%s”, sentence %d", d.Rule, d.Sentence))
}

func nature(d *press.Proposal) string {
	if d.Goodwill {
		return ", goodwill"
	}
	if d.Nature == "" {
		return ""
	}
	return ", " + d.Nature
}

// chosen is one proposal that a person has confirmed.
type chosen struct {
	*press.Proposal
	claim bool
}

func choose(r *pressRead, list string) (out []chosen, err error) {
	for _, s := range commas(list) {
		number, as, _ := strings.Cut(strings.TrimSpace(s), "=")
		n, err := strconv.Atoi(number)
		if err != nil || n < 1 || n > len(r.Proposals) || as != "" && as != "claim" {
			return nil, usage("--confirm: %.40q is none of 1 to %d, or such as 1=claim; nothing was kept", s, len(r.Proposals))
		}
		if slices.ContainsFunc(out, func(o chosen) bool { return o.Number == n }) {
			return nil, usage("--confirm names %d twice; nothing was kept", n)
		}
		out = append(out, chosen{&r.Proposals[n-1], as == "claim"})
	}
	return out, nil
}

// confirmed is what became of one proposal.
type confirmed struct {
	Act     string   `json:"act"`
	Draft   string   `json:"draft,omitempty"`
	Entry   string   `json:"entry,omitempty"` // in-house
	Missing []string `json:"missing,omitempty"`
	Number  int      `json:"number"`
}

// confirm keeps what a person has confirmed. Everything is checked before
// anything is kept.
func (c *Call) confirm(ctx context.Context, r *pressRead, list string, from house.Press, source, channel string) (err error) {
	picked, err := choose(r, list)
	if err != nil {
		return err
	}
	cl, err := c.connect(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, cl.close()) }()
	var self web.Self
	if err := cl.call(ctx, "GET", "node", nil, nil, &self); err != nil {
		return err
	}
	for i := range picked {
		p := &picked[i]
		p.claim = p.claim || !owns(p.Proposal, self.Party)
		if p.claim && (from.Outlet == "" || from.Date == "") {
			return usage("%d would be kept as a claim, which needs --outlet and --date; nothing was kept", p.Number)
		}
	}
	out := []confirmed{}
	for _, p := range picked {
		k, err := keepOne(ctx, cl, p, from, source, channel)
		if err != nil {
			return fmt.Errorf("%d: %w; of those before it, %s", p.Number, err, cmpKept(out))
		}
		out = append(out, k)
	}
	return printValue(c, &out, renderConfirmed)
}

func cmpKept(out []confirmed) string {
	if len(out) == 0 {
		return "none: nothing was kept"
	}
	return fmt.Sprintf("all %d are kept", len(out))
}

// owns reports whether a proposal is an act that a party could make itself.
// What the text tells of others is a claim to it.
func owns(p *press.Proposal, party string) bool {
	k, _, ok := matter.Find(p.Act)
	if !ok || k == &matter.Claim {
		return false
	}
	by := p.Direction.From
	if p.Direction.How == "with" || p.Act == "incident/report" {
		by = append(slices.Clone(by), p.Direction.To...)
	}
	return slices.Contains(by, party)
}

func keepOne(ctx context.Context, cl *client, p chosen, from house.Press, source, channel string) (confirmed, error) {
	from.Span = p.Quote
	out := confirmed{Act: p.Act, Number: p.Number}
	if p.claim {
		out.Act = "claim/enter"
		in := desk.Entry{Act: out.Act, Channel: channel, Fields: map[string]any{"outlet": from.Outlet, "date": from.Date, "speaker": p.Who()},
			Texts: map[string]note.Wording{"quotation": {"en": p.Quote}, "remark": {"en": remark(p.Proposal)}}}
		if source != "" {
			in.Fields["source"] = source
		}
		if p.Speaker == nil {
			in.Fields["speaker"] = from.Outlet
		}
		var v view.InHouse
		err := send(ctx, cl, "house", in, &v)
		out.Entry = v.ID.String()
		return out, err
	}
	where := from.Outlet
	for _, s := range []string{source, from.Date} {
		if s != "" && where != "" {
			where += ", "
		}
		where += s
	}
	d := desk.Draft{Act: p.Act, Channel: channel, From: &from, Given: given(p.Proposal), Quotes: []note.Quote{{Source: where, Speaker: p.Who(), Words: p.Quote}}}
	out.Missing = missing(&d)
	var kept struct{ Draft string }
	err := send(ctx, cl, "send?keep=1", d, &kept)
	out.Draft = kept.Draft
	return out, err
}

func send(ctx context.Context, cl *client, path string, v, out any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return err
	}
	path, query, _ := strings.Cut(path, "?")
	q := map[string][]string{}
	if name, value, ok := strings.Cut(query, "="); ok {
		q[name] = []string{value}
	}
	return cl.call(ctx, "POST", path, q, bytes.NewReader(b), out)
}

// remark says of a claim how it was read: who about whom, and the reserve that
// the text itself has.
func remark(p *press.Proposal) string {
	s := "Read as " + p.Act + ": " + p.Direction.String() + "."
	if p.Event != nil {
		s += " As told: " + p.Event.String() + "."
	}
	if p.When != "" {
		s += " On " + p.When + "."
	}
	if len(p.Hedges) > 0 {
		s += " The sentence says “" + strings.Join(p.Hedges, "”, “") + "”."
	}
	return s
}

// given are the fields of an act that the text fills. The words of the note
// itself it never fills: those are the party's own, not the press's.
func given(p *press.Proposal) map[string][]string {
	g := map[string][]string{}
	set := func(name, value string) {
		_, act, _ := matter.Find(p.Act)
		if value != "" && slices.ContainsFunc(act.Fields, func(s matter.Spec) bool { return s.Name == name }) {
			g[name] = []string{value}
		}
	}
	set("when", p.When)
	set("nature", p.Nature)
	if len(p.Direction.To) == 1 && p.Act == "request/make" {
		set("to", p.Direction.To[0])
	}
	if p.Goodwill {
		set("goodwill", "true")
	}
	if p.Act == "talk/propose" {
		set("form", "visit")
	}
	return g
}

// missing names the flags that a draft still lacks.
func missing(d *desk.Draft) []string {
	_, act, ok := matter.Find(d.Act)
	if !ok {
		return nil
	}
	var out []string
	if !act.Opens {
		out = append(out, "--matter")
	}
	for _, s := range act.Fields {
		if _, has := d.Given[s.Name]; s.Required && !has {
			out = append(out, "--"+s.Name)
		}
	}
	for _, t := range act.Texts {
		if t.Required {
			name := t.Name
			if t.Numbered {
				name += "/1"
			}
			out = append(out, "--text "+name+"=…")
		}
	}
	return out
}

func renderConfirmed(c *Call, out *[]confirmed) {
	for _, k := range *out {
		if k.Entry != "" {
			c.printf("%d is kept in-house as the claim %s.\n", k.Number, k.Entry)
			continue
		}
		c.printf("%d is kept as draft %s, %s, with its quotation.\n", k.Number, k.Draft, k.Act)
		next := "detente drafts send " + k.Draft
		if len(k.Missing) > 0 {
			next = "detente send " + k.Act + " --draft " + k.Draft + " " + strings.Join(k.Missing, " ")
		}
		c.printf("  next: %s\n", next)
	}
}
