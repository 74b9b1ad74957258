package cli

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"detente/audit"
	"detente/internal/page"
	"detente/internal/view"
	"detente/internal/web"
	"detente/note"
)

func setupVerify(f *flag.FlagSet, _ []string) func(context.Context, *Call) error {
	seals := f.Bool("seals", false, "open every sealed payload again")
	return func(ctx context.Context, c *Call) (err error) {
		if err := c.want(0, 0, "no arguments"); err != nil {
			return err
		}
		cl, err := c.connect(ctx)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, cl.close()) }()
		q := url.Values{}
		if *seals {
			q.Set("seals", "1")
		}
		r, err := cl.request(ctx, "POST", "verify", q, nil)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, r.Body.Close()) }()
		progress := &bar{c: c, what: "verify"}
		var rep *audit.Report
		for dec := json.NewDecoder(r.Body); rep == nil; {
			var s web.Step
			if err := dec.Decode(&s); err != nil {
				return fmt.Errorf("verify broke off before its report: %w", err)
			}
			progress.show(s.Done, s.Total)
			rep = s.Report
		}
		progress.end()
		if err := printValue(c, rep, renderReport); err != nil {
			return err
		}
		if !rep.OK() {
			return &ExitError{Code: ExitFound}
		}
		return nil
	}
}

func renderReport(c *Call, r *audit.Report) {
	c.printf("%s, %s, %s, %s, %s, %s, %s, %s, %s compared\n", page.Count(r.Channels, "channel", "channels"), page.Count(r.Documents, "document", "documents"),
		page.Count(r.Feeds, "feed", "feeds"), page.Count(int(r.Notes), "note", "notes"), page.Count(int(r.Checkpoints), "checkpoint", "checkpoints"),
		page.Count(int(r.Receipts), "receipt", "receipts"), page.Count(int(r.Witnessed), "witness cosignature", "witness cosignatures"),
		page.Count(int(r.Acks), "ack", "acks"), page.Count(int(r.Pictures), "picture", "pictures"))
	p := r.Payloads
	c.printf("payloads: %d held, %d in files, %d missing, %d erased; %s opened, %s at rest\n", p.Held, p.InFiles, p.Missing, p.Erased,
		page.Count(int(p.Opened), "seal", "seals"), page.Count(int(p.Plain), "plaintext", "plaintexts"))
	if r.House > 0 {
		c.printf("in-house: %s\n", page.Count(int(r.House), "entry", "entries"))
	}
	if r.Drafts > 0 {
		c.printf("drafts: %d\n", r.Drafts)
	}
	if r.Released > 0 {
		c.printf("releases checked: of %s\n", page.Count(int(r.Released), "note", "notes"))
	}
	for _, s := range r.Notices {
		c.printf("note: %s\n", text(s))
	}
	for _, s := range r.Proofs {
		c.printf("proof of misconduct, verified: %s\n", text(s))
	}
	if r.OK() {
		c.printf("Nothing is wrong.\n")
		return
	}
	for _, f := range r.Findings {
		c.printf("%s\n", c.paint(page.Red, "WRONG: "+text(f.String())))
	}
	if r.More > 0 {
		c.printf("and %d more\n", r.More)
	}
}

func setupProve(f *flag.FlagSet, _ []string) func(context.Context, *Call) error {
	channel := channelFlag(f)
	var in web.ProveRequest
	f.BoolVar(&in.Content, "content", false, "what the note says goes too, in the clear")
	f.BoolVar(&in.Move, "move", false, "what the note does goes too, in the clear")
	return func(ctx context.Context, c *Call) error {
		if err := c.want(2, 2, "one note and one folder"); err != nil {
			return err
		}
		var err error
		if in.Dir, err = filepath.Abs(c.Args[1]); err != nil {
			return err
		}
		return post(ctx, c, "notes/"+url.PathEscape(c.Args[0])+"/prove", url.Values{"channel": {*channel}}, in, func(c *Call, p *web.Proof) {
			c.printf("Written: %s, %s, %s", filepath.Base(p.Leaf), filepath.Base(p.Proof), filepath.Base(p.Policy))
			for _, name := range sorted(p.Plain) {
				c.printf(", %s", filepath.Base(p.Plain[name]))
			}
			if p.Handling != "" {
				c.printf("\nWhat goes in the clear stands under %s", text(p.Handling))
			}
			c.printf("\nReceipts in it: %s", cmp.Or(strings.Join(p.Receipts, ", "), "none"))
			if len(p.Lacking) > 0 {
				c.printf("; none of %s", strings.Join(p.Lacking, ", "))
			}
			c.printf("\nAnyone can check it: detente check %s\n", c.Args[1])
		})
	}
}

func setupCheck(f *flag.FlagSet, _ []string) func(context.Context, *Call) error {
	asJSON := f.Bool("json", false, "print JSON")
	return func(_ context.Context, c *Call) error {
		if err := c.want(1, 1, "one folder"); err != nil {
			return err
		}
		c.JSON = *asJSON
		switch {
		case isDisclosure(c.Args[0]):
			return checkDisclosure(c, c.Args[0])
		case isStatement(c.Args[0]):
			return checkStatement(c, c.Args[0])
		}
		leaves, err := filepath.Glob(filepath.Join(c.Args[0], "*.leaf"))
		if err != nil {
			return err
		}
		if len(leaves) == 0 {
			return fmt.Errorf("there is no .leaf file in %s: want a folder that detente prove wrote", c.Args[0])
		}
		out := checks{Proofs: []check{}}
		bad := false
		for _, leaf := range leaves {
			v := checkOne(strings.TrimSuffix(leaf, ".leaf"))
			bad = bad || v.Wrong != ""
			out.Proofs = append(out.Proofs, v)
		}
		if err := printValue(c, &out, renderChecks); err != nil {
			return err
		}
		if bad {
			return &ExitError{Code: ExitFound}
		}
		return nil
	}
}

// checks is what check found.
type checks struct {
	Proofs []check `json:"proofs"`
}

type check struct {
	Audience []string `json:"audience,omitempty"`
	File     string   `json:"file"`
	ID       string   `json:"id,omitempty"`
	Parts    []string `json:"parts,omitempty"`    // whose plaintext is the one that the leaf names
	Receipts []string `json:"receipts,omitempty"` // names under which others say that they hold it
	Size     uint64   `json:"size,omitempty"`
	Time     string   `json:"time,omitempty"` // the author's claim
	Words    []string `json:"words,omitempty"`
	Wrong    string   `json:"wrong,omitempty"`
}

// checkOne checks the files that prove wrote for one note.
func checkOne(base string) check {
	v := check{File: base + ".leaf"}
	read := map[string][]byte{}
	for name, path := range map[string]string{"leaf": v.File, "proof": base + ".tlog-proof", "policy": filepath.Join(filepath.Dir(base), "policy")} {
		b, err := os.ReadFile(path)
		if err != nil {
			v.Wrong = err.Error()
			return v
		}
		read[name] = b
	}
	plains := map[string][]byte{}
	for _, part := range []string{note.PartMove, note.PartContent} {
		if b, err := os.ReadFile(base + "." + part + ".json"); err == nil {
			plains[part] = b
		}
	}
	got, err := audit.Check(read["leaf"], read["proof"], read["policy"], plains)
	if err != nil {
		v.Wrong = err.Error()
		return v
	}
	v.shows(got)
	return v
}

// shows fills in what a proof shows.
func (v *check) shows(got *audit.Checked) {
	v.ID, v.Audience, v.Parts, v.Size, v.Time = got.Header.ID().String(), got.Header.Audience, got.Parts, got.Head.Size, got.Header.Time
	v.Words = view.CheckWords(got.Leaf)
	for _, r := range got.Receipts {
		v.Receipts = append(v.Receipts, r.Name)
	}
}

func renderChecks(c *Call, v *checks) {
	for _, p := range v.Proofs {
		if p.Wrong != "" {
			c.printf("%s\n", c.paint(page.Red, "WRONG: "+p.File+": "+text(p.Wrong)))
			continue
		}
		renderCheck(c, &p)
	}
}

func renderCheck(c *Call, p *check) {
	c.printf("%s is in the log that its author signed, of %s; time, as claimed: %s\n", short(p.ID), page.Count(int(p.Size), "note", "notes"), p.Time)
	c.printf("    held, by receipt: %s\n", cmp.Or(strings.Join(p.Receipts, ", "), "nobody says so"))
	for _, part := range p.Parts {
		c.printf("    the %s is the one that the leaf names\n", part)
	}
	c.printf("    check words: %s\n    whose the keys in the policy are, only the parties' credences say\n", strings.Join(p.Words, " "))
}

type exported struct {
	Logs []web.Log `json:"logs"`
}

func setupLogs(f *flag.FlagSet, _ []string) func(context.Context, *Call) error {
	channel := channelFlag(f)
	return func(ctx context.Context, c *Call) error {
		if err := c.want(1, 1, "one folder"); err != nil {
			return err
		}
		dir, err := filepath.Abs(c.Args[0])
		if err != nil {
			return err
		}
		return once(ctx, c, "POST", "logs", url.Values{"channel": {*channel}, "dir": {dir}}, nil, func(c *Call, v *exported) {
			t := c.table("LOG", "LEAVES", "RECEIPTS ON ITS CHECKPOINT")
			for _, l := range v.Logs {
				t.row(filepath.Base(l.Dir), fmt.Sprint(l.Size), strings.Join(l.Receipts, ", "))
			}
			t.flush()
		})
	}
}

func backup(ctx context.Context, c *Call) error {
	if err := c.want(1, 1, "one file"); err != nil {
		return err
	}
	path, err := filepath.Abs(c.Args[0])
	if err != nil {
		return err
	}
	return post(ctx, c, "backup", nil, map[string]string{"Path": path}, func(c *Call, v *map[string]any) {
		c.printf("The ledger is copied to %s.\n", path)
	})
}
