package cli

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"net/url"
	"os"
	"strings"

	"detente/charter"
	"detente/internal/page"
	"detente/internal/view"
	"detente/internal/web"
	"detente/note"
)

// renderDocument prints a document for people; the text as it is signed is in
// the JSON.
func renderDocument(c *Call, d *web.Document) {
	c.heading("%s %s", d.Kind, d.What)
	c.printf("digest %s\n", d.Digest)
	if s := documentStanding(d); s != "" {
		c.printf("%s\n", s)
	}
	switch signed := []byte(d.Text); d.Kind {
	case "credence":
		if cred, err := charter.ParseCredence(signed); err == nil {
			renderCredence(c, &cred)
		}
	case "charter", "amendment":
		if s, err := charter.ParseCharter(signed); err == nil {
			renderCharter(c, s)
		}
	}
	if d.Words != nil {
		c.printf("words of the fingerprint:\n%s", wordLines(d.Words))
	}
}

func renderCredence(c *Call, cred *charter.Credence) {
	p := c.page()
	p.Hang(0, "party:", cred.Party+", "+cred.Name)
	p.Hang(0, "reached at:", cmp.Or(strings.Join(cred.Addresses, ", "), "nothing; by pouch files only"))
	p.Hang(0, "signed at:", cred.Time+", as claimed")
	c.printf("\n")
	t := c.table("SHA-256 OF THE PUBLIC KEY", "USE")
	for _, k := range web.Keys(*cred) {
		t.row(k.Digest[:32]+"…", k.Use)
	}
	t.flush()
	c.printf("\n")
}

func renderCharter(c *Call, s *charter.Signed) {
	p, ch := c.page(), &s.Charter
	c.printf("check words: %s\n\n", strings.Join(view.CheckWords(s.Digest), " "))
	p.Hang(0, "name:", ch.Name)
	p.Hang(0, "purpose:", ch.Purpose)
	if ch.Exercise {
		p.Hang(0, "exercise:", "nothing that is said on this channel binds anybody outside of it, for good")
	} else {
		p.Hang(0, "real:", "what is agreed on this channel binds")
	}
	if ch.Amends != nil {
		p.Hang(0, "amends:", ch.Amends.String())
	}
	p.Hang(0, "languages:", strings.Join(ch.Languages, ", "))
	for i := range ch.Members {
		p.Blank()
		renderMember(c, p, &ch.Members[i])
	}
	p.Blank()
	for _, k := range ch.Clocks {
		long := page.Count(k.Hours, "hour", "hours")
		if k.Days > 0 {
			long = page.Count(k.Days, "working day", "working days") + " of whoever answers"
		}
		p.Hang(0, "clock:", fmt.Sprintf("%s: %s, %s", k.Act, long, k.Name))
	}
	if len(ch.Clocks) == 0 {
		p.Hang(0, "clocks:", "none of its own")
	}
	if len(ch.RollCall) > 0 {
		p.Hang(0, "roll calls:", strings.Join(ch.RollCall, ", ")+" UTC, daily")
	}
	if len(ch.LocalFirst) > 0 {
		p.Hang(0, "first to the local posts:", strings.Join(ch.LocalFirst, ", "))
	}
	p.Hang(0, "quota of a feed:", fmt.Sprintf("%d notes without a receipt, %d bytes of payloads on their way, %d notes an hour", ch.Quota.MaxPending, ch.Quota.MaxBytes, ch.Quota.NotesPerHour))
}

func renderMember(c *Call, p *page.Page, m *charter.Member) {
	p.Hang(0, m.Party+":", m.Name)
	p.Hang(4, "role:", strings.TrimRight(m.Role+", "+m.Scope, ", "))
	zone := m.Zone
	if len(m.Weekend) > 0 {
		zone += "; rests on " + strings.Join(m.Weekend, ", ")
	}
	if len(m.Holidays) > 0 {
		zone += "; holidays " + strings.Join(m.Holidays, ", ")
	}
	p.Hang(4, "zone:", zone)
	for _, o := range m.Offices {
		what := o.Name + "; says " + acts(o.Says) + "; binds " + acts(o.Binds)
		if o.AdReferendum {
			what += ", subject to its capital"
		}
		p.Hang(4, "office "+o.Code+":", what)
	}
	c.printf("    words of the fingerprint:\n%s", strings.ReplaceAll(wordLines(charter.Words(charter.Fingerprint(m.Party, m.Identity), charter.FingerprintWords)), "    ", "        "))
}

// acts says what a list of acts and kinds covers.
func acts(list []string) string {
	switch {
	case len(list) == 0:
		return "nothing"
	case len(list) == 1 && list[0] == "*":
		return "everything"
	}
	return strings.Join(list, ", ")
}

// seen wants the credence of every member of a charter to have been imported,
// with the identity key that the charter names: or its words were compared
// with nobody.
func seen(ctx context.Context, cl *client, s *charter.Signed, unseen bool) error {
	for _, m := range s.Charter.Members {
		d, err := cl.document(ctx, m.Party)
		if err != nil {
			if unseen {
				continue
			}
			return fmt.Errorf("the credence of %s is not here (%w): import it, and compare its words by telephone, first; or say --unseen. Nothing was signed or taken", m.Party, err)
		}
		cred, err := charter.ParseCredence([]byte(d.Text))
		if err != nil {
			return err
		}
		if !cred.Identity.Equal(m.Identity) {
			return fmt.Errorf("the charter names another identity key of %s than the credence that was imported: do not sign it before you have spoken with them. Nothing was signed or taken", m.Party)
		}
	}
	return nil
}

func credenceShow(ctx context.Context, c *Call) (err error) {
	if err := c.want(0, 1, "a party or a file, or nothing"); err != nil {
		return err
	}
	if len(c.Args) == 0 {
		return show(ctx, c, "documents", url.Values{"kind": {"credence"}}, renderDocuments)
	}
	if note.CheckParty(c.Args[0]) == nil {
		return show(ctx, c, "documents/"+c.Args[0], nil, renderDocument)
	}
	return showFile(c)
}

func showFile(c *Call) error {
	b, err := c.readFile(c.Args[0])
	if err != nil {
		return err
	}
	d, err := web.Describe(b)
	if err != nil {
		return err
	}
	d.Text = string(b)
	return printValue(c, &d, renderDocument)
}

func setupImport(f *flag.FlagSet, _ []string) func(context.Context, *Call) error {
	unseen := f.Bool("unseen", false, "take it though the credence of a member has not been imported and compared")
	return func(ctx context.Context, c *Call) (err error) {
		if err := c.want(1, 1, "one file"); err != nil {
			return err
		}
		b, err := c.readFile(c.Args[0])
		if err != nil {
			return err
		}
		s, err := charter.ParseCharter(b)
		if err != nil {
			return err
		}
		cl, err := c.connect(ctx)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, cl.close()) }()
		if err := seen(ctx, cl, s, *unseen); err != nil {
			return err
		}
		return ask(ctx, c, cl, "POST", "documents", nil, bytes.NewReader(b), withText(b))
	}
}

// withText prints a document whose text is here.
func withText(signed []byte) func(*Call, *web.Document) {
	return func(c *Call, d *web.Document) {
		d.Text = string(signed)
		renderDocument(c, d)
	}
}

func charterShow(ctx context.Context, c *Call) (err error) {
	if err := c.want(0, 1, "a channel, a digest or a file, or nothing"); err != nil {
		return err
	}
	if len(c.Args) == 0 {
		return show(ctx, c, "documents", url.Values{"kind": {"charter"}}, renderDocuments)
	}
	if _, err := os.Stat(c.Args[0]); err == nil || c.Args[0] == "-" {
		return showFile(c)
	}
	return show(ctx, c, "documents/"+url.PathEscape(c.Args[0]), nil, renderDocument)
}

func setupSign(f *flag.FlagSet, _ []string) func(context.Context, *Call) error {
	var id identityFlags
	id.declare(f)
	unseen := f.Bool("unseen", false, "sign it though the credence of a member has not been imported and compared")
	return func(ctx context.Context, c *Call) (err error) {
		if err := c.want(1, 1, "one file"); err != nil {
			return err
		}
		b, err := os.ReadFile(c.Args[0])
		if err != nil {
			return err
		}
		s, err := charter.ParseCharter(b)
		if err != nil {
			return err
		}
		key, err := id.load(c)
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
		if err := seen(ctx, cl, s, *unseen); err != nil {
			return err
		}
		if err := s.Add(key, self.Party); err != nil {
			return err
		}
		if err := os.WriteFile(c.Args[0], s.Bytes(), 0o666); err != nil {
			return err
		}
		return ask(ctx, c, cl, "POST", "documents", nil, bytes.NewReader(s.Bytes()), withText(s.Bytes()))
	}
}
