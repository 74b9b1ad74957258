package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"detente/internal/desk"
	"detente/internal/web"
	"detente/matter"
	"detente/note"
)

const sendHelp = `Every field of the act is a flag; detente help KIND/ACT lists them. A list is given once for each item, as
NAME=VALUE pairs or JSON. Texts are given by slot, and by language after @:

  detente send undertaking/offer --parts 'by=PAK due=2024-01-26T23:59[Asia/Karachi] end=none' \
      --text 'terms=The ambassador returns to Tehran by 26 January.' --text 'terms@fa=…'
  detente send undertaking/accept --matter PAK#12 --terms PAK#12

A text that begins with @ is read from that file. --file FILE reads the whole note from JSON, - from standard
input: {"act", "matter", "office", "precedence", "audience", "fields", "texts": {"slot": {"en": "words"}},
"authentic", "quotes", "attach", "basis"}; flags add to it. A wrong field is named, and nothing is sent.`

func setupSend(f *flag.FlagSet, args []string) func(context.Context, *Call) error {
	var d desk.Draft
	var file, lang, authentic, audience, basis, wait string
	var keep, check bool
	var texts, quotes, attach many
	f.StringVar(&d.Channel, "channel", "", "the channel's name or the first digits of its digest, where there are several")
	f.StringVar(&d.Matter, "matter", "", "the matter that it is about, such as PAK#3; not for an act that opens one")
	f.StringVar(&d.Office, "office", "", "the office that speaks (default: the only one that may)")
	f.StringVar(&d.Precedence, "precedence", "", "flash, immediate, priority or routine (default: routine)")
	f.StringVar(&audience, "audience", "", "PAK,IRN: who may read it (default: the matter's, or every party that speaks)")
	f.Var(&texts, "text", "SLOT=WORDS or SLOT@LANGUAGE=WORDS; may be given more than once")
	f.StringVar(&lang, "language", "en", "the language of texts that name none")
	f.StringVar(&authentic, "authentic", "", "en,ur: languages whose text is authentic (default: all)")
	f.Var(&quotes, "quote", "'speaker=… source=… words=…'; may be given more than once")
	f.Var(&attach, "attach", "a file; may be given more than once")
	f.StringVar(&basis, "basis", "", "exercises: 'mark=reported line=…' or 'mark=invented line=…'")
	f.StringVar(&file, "file", "", "read the note from a JSON file, or - for standard input")
	f.StringVar(&wait, "wait", "", "wait so long for receipts, 30s")
	f.BoolVar(&keep, "keep", false, "keep it as a draft, and do not send it")
	f.BoolVar(&check, "check", false, "only check it")
	d.Given = map[string][]string{}
	declareFields(f, d.Given, args)
	return func(ctx context.Context, c *Call) error {
		if err := c.want(0, 1, "one act, KIND/ACT, or --file"); err != nil {
			return err
		}
		if file != "" {
			b, err := c.readFile(file)
			if err != nil {
				return err
			}
			from, err := desk.ReadDraft(b)
			if err != nil {
				return &ExitError{ExitUsage, err}
			}
			d = overlay(from, d)
		}
		if len(c.Args) == 1 {
			setIf(&d.Act, c.Args[0])
		}
		if d.Act == "" {
			return usage("want an act, KIND/ACT; see: detente help acts")
		}
		if _, _, ok := matter.Find(d.Act); !ok {
			_, err := matter.ReadFields(d.Act, nil, matter.Names{})
			return &ExitError{ExitUsage, err}
		}
		if err := fillDraft(c, &d, texts, quotes, lang, basis); err != nil {
			return err
		}
		for _, path := range attach {
			d.Attach = append(d.Attach, path)
		}
		for i, path := range d.Attach {
			abs, err := filepath.Abs(path)
			if err != nil {
				return err
			}
			d.Attach[i] = abs // the process that serves the node has a working directory of its own
		}
		if audience != "" {
			d.Audience = commas(audience)
		}
		if authentic != "" {
			d.Authentic = commas(authentic)
		}
		q := url.Values{}
		render := any(renderSent)
		switch {
		case check:
			q.Set("check", "1")
			render = func(c *Call, _ *map[string]any) { c.printf("Nothing is wrong with it. It was not sent.\n") }
		case keep:
			q.Set("keep", "1")
			render = func(c *Call, v *map[string]any) {
				c.printf("Kept as draft %v. Send it with: detente drafts send %v\n", (*v)["draft"], (*v)["draft"])
			}
		case wait != "":
			q.Set("wait", wait)
		}
		return c.post(ctx, "send", q, d, render)
	}
}

// declareFields declares the fields of the act that the arguments name as flags.
func declareFields(f *flag.FlagSet, given map[string][]string, args []string) {
	for _, a := range args {
		_, act, ok := matter.Find(a)
		if !ok {
			continue
		}
		for _, s := range act.Fields {
			doc := s.Doc + " (" + string(s.Type) + ")"
			if s.Type == matter.TypeEnum {
				doc = s.Doc + " (" + strings.Join(s.Words, ", ") + ")"
			}
			take := func(v string) error { given[s.Name] = append(given[s.Name], v); return nil }
			if s.Type == matter.TypeFlag {
				f.BoolFunc(s.Name, doc, take)
			} else {
				f.Func(s.Name, doc, take)
			}
		}
		return
	}
}

// overlay puts what was given by flags over what a file says.
func overlay(file, flags desk.Draft) desk.Draft {
	setIf(&file.Channel, flags.Channel)
	setIf(&file.Matter, flags.Matter)
	setIf(&file.Office, flags.Office)
	setIf(&file.Precedence, flags.Precedence)
	if file.Given == nil {
		file.Given = map[string][]string{}
	}
	for name, v := range flags.Given {
		file.Given[name] = v
	}
	return file
}

func fillDraft(c *Call, d *desk.Draft, texts, quotes many, lang, basis string) error {
	if d.Texts == nil {
		d.Texts = map[string]note.Wording{}
	}
	for _, arg := range texts {
		slot, lang, words, err := matter.ParseText(arg, lang)
		if err != nil {
			return usage("--text: %w", err)
		}
		if path, ok := strings.CutPrefix(words, "@"); ok {
			b, err := c.readFile(path)
			if err != nil {
				return fmt.Errorf("--text %s: %w", slot, err)
			}
			words = strings.TrimRight(string(b), "\n")
		}
		if d.Texts[slot] == nil {
			d.Texts[slot] = note.Wording{}
		}
		d.Texts[slot][lang] = words
	}
	for _, s := range quotes {
		p, err := matter.Pairs(s, []string{"speaker", "source", "words"})
		if err != nil {
			return usage("--quote: %w", err)
		}
		d.Quotes = append(d.Quotes, note.Quote{Source: p["source"], Speaker: p["speaker"], Words: p["words"]})
	}
	if basis != "" {
		p, err := matter.Pairs(basis, []string{"mark", "line"})
		if err != nil {
			return usage("--basis: %w", err)
		}
		d.Basis = &note.Basis{Line: p["line"], Mark: p["mark"]}
	}
	return nil
}

// post sends a value as JSON and prints the answer by render, a
// func(*Call, *T) for some T.
func (c *Call) post(ctx context.Context, path string, q url.Values, v any, render any) (err error) {
	b, err := json.Marshal(v)
	if err != nil {
		return err
	}
	cl, err := c.connect(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, cl.close()) }()
	switch render := render.(type) {
	case func(*Call, *web.Sent):
		return ask(ctx, c, cl, "POST", path, q, bytes.NewReader(b), render)
	case func(*Call, *map[string]any):
		return ask(ctx, c, cl, "POST", path, q, bytes.NewReader(b), render)
	}
	return fmt.Errorf("no way to print %T", render)
}

func renderSent(c *Call, s *web.Sent) {
	c.printf("Sent as %s, leaf %d of the feed, at %s.\n", s.Short, s.ID.Index, s.Time.UTC().Format(time.RFC3339))
	if len(s.Receipts) > 0 {
		c.printf("Receipt of %s: held there.\n", strings.Join(s.Receipts, ", "))
	}
	if len(s.Waiting) > 0 {
		c.printf("No receipt yet of %s.\n", strings.Join(s.Waiting, ", "))
	}
}

func setupDrafts(f *flag.FlagSet, _ []string) func(context.Context, *Call) error {
	var wait string
	f.StringVar(&wait, "wait", "", "wait so long for receipts, 30s")
	return func(ctx context.Context, c *Call) (err error) {
		if len(c.Args) == 0 {
			return show(ctx, c, "drafts", nil, renderDrafts)
		}
		if err := c.want(2, 2, "send ID or drop ID"); err != nil {
			return err
		}
		cl, err := c.connect(ctx)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, cl.close()) }()
		path := "drafts/" + url.PathEscape(c.Args[1])
		switch c.Args[0] {
		case "send":
			q := url.Values{}
			if wait != "" {
				q.Set("wait", wait)
			}
			return ask(ctx, c, cl, "POST", path, q, nil, renderSent)
		case "drop":
			return ask(ctx, c, cl, "DELETE", path, nil, nil, func(c *Call, _ *struct{}) { c.printf("Draft %s is deleted.\n", c.Args[1]) })
		}
		return usage("want send ID or drop ID")
	}
}

type keptDrafts struct {
	Drafts []desk.Kept `json:"drafts"`
}

func renderDrafts(c *Call, v *keptDrafts) {
	t := c.table("DRAFT", "ACT", "MATTER", "KEPT", "SENT AS")
	for _, d := range v.Drafts {
		t.row(d.ID, d.Draft.Act, d.Draft.Matter, d.Created.UTC().Format(time.DateTime), short(d.Note))
	}
	t.flush()
}

// short returns the short name of a note given by its long one.
func short(id string) string {
	if v, err := note.ParseID(id); err == nil {
		return v.Short()
	}
	return id
}

func setupErase(f *flag.FlagSet, _ []string) func(context.Context, *Call) error {
	var channel string
	f.StringVar(&channel, "channel", "", "the channel, where there are several")
	return func(ctx context.Context, c *Call) error {
		if err := c.want(1, 1, "one note, such as PAK#3"); err != nil {
			return err
		}
		return c.post(ctx, "erase", nil, map[string]string{"Channel": channel, "Note": c.Args[0]}, func(c *Call, v *map[string]any) {
			c.printf("The content of %s is erased at this node. Its leaf, its proof and what it did in the register stand.\n", short(fmt.Sprint((*v)["erased"])))
		})
	}
}

func setupPack(f *flag.FlagSet, _ []string) func(context.Context, *Call) error {
	var to, channel string
	f.StringVar(&to, "to", "", "the party that it is for")
	f.StringVar(&channel, "channel", "", "the channel, where there are several")
	return func(ctx context.Context, c *Call) (err error) {
		if err := c.want(1, 1, "one file"); err != nil {
			return err
		}
		if to == "" {
			return usage("want --to PARTY")
		}
		cl, err := c.connect(ctx)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, cl.close()) }()
		r, err := cl.request(ctx, "POST", "pouch/pack", url.Values{"channel": {channel}, "to": {to}}, nil)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, r.Body.Close()) }()
		return c.save(r.Body, c.Args[0])
	}
}

func pouchApply(ctx context.Context, c *Call) (err error) {
	if err := c.want(1, 1, "one file"); err != nil {
		return err
	}
	cl, err := c.connect(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, cl.close()) }()
	in, err := c.openFile(c.Args[0])
	if err != nil {
		return err
	}
	defer in.Close()
	var v web.PouchReport
	var b []byte
	if err := cl.call(ctx, "POST", "pouch/apply", nil, in, &b); err != nil {
		return err
	}
	if err := json.Unmarshal(b, &v); err != nil {
		return err
	}
	if c.JSON {
		err = c.printJSON(b)
	} else {
		renderPouch(c, &v)
	}
	if len(v.Refused) > 0 {
		return errors.Join(err, &ExitError{Code: ExitFailed})
	}
	return err
}

func renderPouch(c *Call, v *web.PouchReport) {
	c.printf("Taken: %d notes, %d payloads, %d receipts, %d documents.\n", v.Notes, v.Payloads, v.Receipts, v.Documents)
	for _, s := range v.Refused {
		c.printf("Refused: %s\n", text(s))
	}
	for _, s := range v.Forks {
		c.printf("Proof of misconduct: %s\n", text(s))
	}
}

func recoverNode(ctx context.Context, c *Call) (err error) {
	if err := c.want(0, 1, "one pouch file, or none"); err != nil {
		return err
	}
	if len(c.Args) == 1 {
		if err := pouchApply(ctx, c); err != nil {
			return err
		}
	}
	cl, err := c.connect(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, cl.close()) }()
	var list struct{ Channels []web.Channel }
	if err := cl.call(ctx, "GET", "channels", nil, nil, &list); err != nil {
		return err
	}
	waiting := false
	for _, ch := range list.Channels {
		if ch.Recovering != "" {
			waiting = true
			c.printf("%s: signs nothing: %s\n", text(ch.Name), text(ch.Recovering))
		} else {
			c.printf("%s: signs\n", text(ch.Name))
		}
	}
	if waiting {
		c.printf("A running node (detente serve) fetches what it lacks from its peers; a pouch file from one does the same.\n")
		return &ExitError{Code: ExitFailed}
	}
	return nil
}

func (c *Call) openFile(path string) (*os.File, error) {
	if path == "-" {
		if f, ok := c.In.(*os.File); ok {
			return f, nil
		}
	}
	return os.Open(path)
}
