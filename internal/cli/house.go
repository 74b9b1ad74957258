package cli

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"net/url"
	"path/filepath"
	"strings"

	"detente/internal/desk"
	"detente/internal/page"
	"detente/internal/view"
	"detente/matter"
)

// houseCommands are the commands of the acts that are in-house, from their
// tables.
func houseCommands() (out []Command) {
	for _, k := range matter.House {
		for i := range k.Acts {
			a := &k.Acts[i]
			var args []string
			if !a.Opens {
				args = append(args, "ENTRY")
			}
			for _, s := range a.Fields {
				if s.Required {
					args = append(args, "--"+s.Name, strings.ToUpper(string(s.Type)))
				}
			}
			for _, t := range a.Texts {
				if t.Required {
					args = append(args, "--"+t.Name, "WORDS")
				}
			}
			out = append(out, Command{Name: k.Name + " " + a.Name, Args: strings.Join(args, " "), Short: strings.ToLower(a.Doc[:1]) + strings.TrimSuffix(a.Doc[1:], "."), Node: true, Setup: setupEnter(k, a),
				Help: "It is entered into the node's own record: in-house, and never sent. Words that begin with @ are read from\nthat file. detente help " + k.Name + "/" + a.Name + " says what the fields are."})
		}
	}
	return out
}

// setupEnter makes the flags of an in-house act from its table: every field and
// every text is one.
func setupEnter(k *matter.Kind, a *matter.Act) func(*flag.FlagSet, []string) func(context.Context, *Call) error {
	return func(f *flag.FlagSet, _ []string) func(context.Context, *Call) error {
		in := desk.Entry{Act: k.Name + "/" + a.Name, Given: map[string][]string{}}
		declareSpecs(f, in.Given, a.Fields)
		var texts many
		for _, t := range a.Texts {
			f.Func(t.Name, t.Doc, func(words string) error { return texts.Set(t.Name + "=" + words) })
		}
		f.Var(&texts, "text", "SLOT@LANGUAGE=WORDS: the same in a further language; may be given more than once")
		lang := f.String("language", "en", "the language of words that name none")
		f.StringVar(&in.Channel, "channel", "", "the channel of notes that are named short, where there are several")
		if in.Act == matter.FilePaper {
			f.StringVar(&in.Scan, "scan", "", "a file: an image of the paper")
		}
		return func(ctx context.Context, c *Call) error {
			if a.Opens {
				if err := c.want(0, 0, "no arguments"); err != nil {
					return err
				}
			} else if err := c.want(1, 1, "one entry, such as H3"); err != nil {
				return err
			} else {
				in.About = c.Args[0]
			}
			var d desk.Draft
			if err := fillDraft(c, &d, texts, nil, *lang, ""); err != nil {
				return err
			}
			in.Texts = d.Texts
			if in.Scan != "" {
				abs, err := filepath.Abs(in.Scan)
				if err != nil {
					return err
				}
				in.Scan = abs // the process that serves the node has a working directory of its own
			}
			return post(ctx, c, "house", nil, in, renderEntered)
		}
	}
}

func renderEntered(c *Call, v *view.InHouse) {
	last := v.ID
	for _, m := range v.Moves {
		last = max(last, m.ID)
	}
	c.printf("Entered in-house, as %s.\n", last)
	if v.Match != nil {
		c.printf("%s arrived over the line as %s.\n", v.ID, v.Match.Short())
	}
	if len(v.Perhaps) > 0 {
		c.page().InHouse(0, &view.Frame{}, v)
	}
}

// setupEntries lists what is in-house of one kind, or shows one entry of it.
func setupEntries(path string) func(*flag.FlagSet, []string) func(context.Context, *Call) error {
	return func(*flag.FlagSet, []string) func(context.Context, *Call) error {
		return func(ctx context.Context, c *Call) error {
			if err := c.want(0, 1, "one entry, such as H3, or nothing"); err != nil {
				return err
			}
			if len(c.Args) == 1 {
				return show(ctx, c, "house/"+url.PathEscape(c.Args[0]), nil, renderEntry)
			}
			return show(ctx, c, path, nil, renderEntries)
		}
	}
}

func setupFileShow(f *flag.FlagSet, _ []string) func(context.Context, *Call) error {
	scan := f.String("scan", "", "write the scan of the paper to this file, or - for standard output")
	return func(ctx context.Context, c *Call) error {
		if err := c.want(1, 1, "one entry, such as H3"); err != nil {
			return err
		}
		path := "house/" + url.PathEscape(c.Args[0])
		if *scan != "" {
			return c.fetch(ctx, path+"/scan", nil, *scan)
		}
		return show(ctx, c, path, nil, renderEntry)
	}
}

func renderEntry(c *Call, v *view.InHouse) { c.page().InHouse(0, &view.Frame{}, v) }

func renderEntries(c *Call, v *view.HouseList) {
	t := c.table("ENTRY", "DATE", "WHOSE", "STANDING", "WHAT")
	for _, e := range v.Entries {
		date, whose, what, state := page.InHouseLine(e)
		t.row(e.ID.String(), text(date), text(whose), state, text(what))
	}
	t.flush()
	for _, id := range v.Unreadable {
		c.printf("%s\n", c.paint(page.Red, id.String()+" cannot be read; see: detente verify"))
	}
}

func setupPrint(f *flag.FlagSet, _ []string) func(context.Context, *Call) error {
	channel := channelFlag(f)
	lang := f.String("lang", "", "only this language, where a text has it")
	draft := f.Bool("draft", false, "NOTE is the name of a draft, which is no note yet")
	return func(ctx context.Context, c *Call) error {
		if err := c.want(1, 2, "one note, and a file where it is not standard output"); err != nil {
			return err
		}
		path := "notes/"
		if *draft {
			path = "drafts/"
		}
		q := url.Values{"channel": {*channel}, "lang": {*lang}}
		var printed *view.Print
		if err := show(ctx, c, path+url.PathEscape(c.Args[0])+"/print", q, func(_ *Call, v *view.Print) { printed = v }); err != nil || printed == nil {
			return err // nil: it was printed as JSON
		}
		out := "-"
		if len(c.Args) == 2 {
			out = c.Args[1]
		}
		var b bytes.Buffer
		page.New(&b, paperWidth, false).Paper(printed)
		return c.save(&b, out)
	}
}

func setupCalendar(f *flag.FlagSet, _ []string) func(context.Context, *Call) error {
	channel := channelFlag(f)
	events := f.Bool("events", false, "deadlines are events, for a program that shows no tasks")
	return func(ctx context.Context, c *Call) (err error) {
		if err := c.want(1, 2, "a file, and a note before it where only one matter is wanted"); err != nil {
			return err
		}
		path, q := "calendar.ics", url.Values{"channel": {*channel}}
		if len(c.Args) == 2 {
			path = "matters/" + url.PathEscape(c.Args[0]) + "/" + path
		}
		if *events {
			q.Set("deadlines", "events")
		}
		cl, err := c.connect(ctx)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, cl.close()) }()
		var b []byte
		if err := cl.call(ctx, "GET", path, q, nil, &b); err != nil {
			return err
		}
		return c.save(bytes.NewBuffer(b), c.Args[len(c.Args)-1])
	}
}

// paperWidth is how many columns a printed page has.
const paperWidth = 72
