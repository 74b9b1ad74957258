package cli

import (
	"context"
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

A text that begins with @ is read from that file, and so is a key. --file FILE reads the whole note from JSON,
- from standard input: {"act", "matter", "office", "precedence", "audience", "fields", "texts": {"slot": {"en":
"words"}}, "authentic", "quotes", "attach", "basis"}; flags add to it. A wrong field is named, and nothing is sent.

What an act keeps, such as handover/commit, is given in the same way; it stays at the node, and only its digest
goes. The later act sends it without being given it again:

  detente send handover/commit --matter PAK#20 --text list=@prisoners.txt
  detente send handover/reveal --matter PAK#20`

func setupSend(f *flag.FlagSet, args []string) func(context.Context, *Call) error {
	var d desk.Draft
	var file, draft, lang, authentic, audience, basis, wait string
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
	f.StringVar(&draft, "draft", "", "complete and send this draft, as detente drafts lists it")
	f.StringVar(&wait, "wait", "", "wait so long for receipts, 30s")
	f.BoolVar(&keep, "keep", false, "keep it as a draft, and do not send it")
	f.BoolVar(&check, "check", false, "only check it")
	d.Given = map[string][]string{}
	declareFields(f, d.Given, args)
	files := namesFlags(f, args)
	return func(ctx context.Context, c *Call) error {
		if err := c.want(0, 1, "one act, KIND/ACT, or --file"); err != nil {
			return err
		}
		if draft != "" {
			if file != "" {
				return usage("--draft and --file are two notes")
			}
			old, err := keptDraft(ctx, c, draft)
			if err != nil {
				return err
			}
			d = overlay(old, d)
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
		if err := matter.CheckAct(d.Act); err != nil {
			return &ExitError{ExitUsage, err}
		}
		if err := fillDraft(c, &d, texts, quotes, lang, basis); err != nil {
			return err
		}
		if err := sealNames(ctx, c, &d, files, lang); err != nil {
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
		switch {
		case draft != "" && !check:
			if wait != "" {
				q.Set("wait", wait)
			}
			return amend(ctx, c, draft, d, keep, q)
		case check:
			q.Set("check", "1")
			return post(ctx, c, "send", q, d, func(c *Call, _ *map[string]any) { c.printf("Nothing is wrong with it. It was not sent.\n") })
		case keep:
			q.Set("keep", "1")
			return post(ctx, c, "send", q, d, func(c *Call, v *map[string]any) {
				c.printf("Kept as draft %v. Send it with: detente drafts send %v\n", (*v)["draft"], (*v)["draft"])
			})
		case wait != "":
			q.Set("wait", wait)
		}
		return post(ctx, c, "send", q, d, renderSent)
	}
}

// declareFields declares the fields of the act that the arguments name as flags.
func declareFields(f *flag.FlagSet, given map[string][]string, args []string) {
	for _, a := range args {
		_, act, ok := matter.Find(a)
		if !ok {
			_, act, ok = matter.FindHouse(a) // it will be refused, by its name and not by its flags
		}
		if !ok {
			continue
		}
		declareSpecs(f, given, act.Fields)
		return
	}
}

// declareSpecs declares fields as flags.
func declareSpecs(f *flag.FlagSet, given map[string][]string, specs []matter.Spec) {
	for _, s := range specs {
		doc := s.Doc + " (" + string(s.Type) + ")"
		if s.Type == matter.TypeEnum {
			doc = s.Doc + " (" + strings.Join(s.Words, ", ") + ")"
		}
		take := func(v string) error {
			if path, ok := strings.CutPrefix(v, "@"); ok && s.Type == matter.TypeKey {
				b, err := os.ReadFile(path)
				if err != nil {
					return err
				}
				v = strings.TrimSpace(string(b))
			}
			given[s.Name] = append(given[s.Name], v)
			return nil
		}
		if s.Type == matter.TypeFlag {
			f.BoolFunc(s.Name, doc, take)
		} else {
			f.Func(s.Name, doc, take)
		}
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

func renderSent(c *Call, s *web.Sent) {
	how := "Sent"
	if !c.Served {
		how = "Written"
	}
	c.printf("%s as %s, leaf %d of the feed, at %s.\n", how, s.Short, s.ID.Index, s.Time.UTC().Format(time.RFC3339))
	if !c.Served {
		c.printf("It is kept; it leaves when the node runs: detente serve\n")
	}
	if len(s.Receipts) > 0 {
		c.printf("Receipt of %s: held there.\n", strings.Join(s.Receipts, ", "))
	}
	if len(s.Waiting) > 0 {
		c.printf("No receipt yet of %s.\n", strings.Join(s.Waiting, ", "))
	}
}

func setupErase(f *flag.FlagSet, _ []string) func(context.Context, *Call) error {
	var channel string
	f.StringVar(&channel, "channel", "", "the channel, where there are several")
	return func(ctx context.Context, c *Call) error {
		if err := c.want(1, 1, "one note, such as PAK#3"); err != nil {
			return err
		}
		return post(ctx, c, "erase", nil, map[string]string{"Channel": channel, "Note": c.Args[0]}, func(c *Call, v *map[string]any) {
			c.printf("The content of %s is erased at this node. Its leaf, its proof and what it did in the register stand.\n", short(fmt.Sprint((*v)["erased"])))
		})
	}
}
