package cli

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"net/url"

	"detente/internal/page"
	"detente/internal/view"
	"detente/register"
)

const explainHelp = `Where two pictures differ, the two nodes read some note differently. PARTY is asked over the line how it reads
what both hold; or its readings come as a FILE, which explain --write makes at its node. The readings hold no words
of any note. On a matter of more than 128 notes the two may part up to 63 of its notes before the one shown. Exit code 3
if the two part. --audience chooses one list of parties; the usual one is all who speak.`

func setupExplain(f *flag.FlagSet, _ []string) func(context.Context, *Call) error {
	channel := channelFlag(f)
	audience := f.String("audience", "", "the parties, PAK,IRN,TUR, whose common matters are compared")
	write := f.String("write", "", "write this node's own readings to a file, for the other side")
	file := f.Bool("file", false, "what is named is a file of the other side's readings, not a party")
	return func(ctx context.Context, c *Call) (err error) {
		q := url.Values{"channel": {*channel}, "audience": {*audience}}
		if *write != "" {
			if err := c.want(0, 0, "no arguments beside --write"); err != nil {
				return err
			}
			if err := c.fetch(ctx, "readings", q, *write); err != nil {
				return err
			}
			c.done(*write, "How this node reads the record", "the other side runs: detente explain --file")
			return nil
		}
		if err := c.want(1, 1, "a party, or with --file a file"); err != nil {
			return err
		}
		cl, err := c.connect(ctx)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, cl.close()) }()
		var v view.Explanation
		if *file {
			f, err := c.openFile(c.Args[0])
			if err != nil {
				return err
			}
			defer f.Close()
			if err := cl.call(ctx, "POST", "explain", nil, f, &v); err != nil {
				return err
			}
		} else {
			q.Set("party", c.Args[0])
			if err := cl.call(ctx, "GET", "explain", q, nil, &v); err != nil {
				return err
			}
		}
		if err := printValue(c, &v, renderExplanation); err != nil {
			return err
		}
		if !v.Equal {
			return &ExitError{Code: ExitFound}
		}
		return nil
	}
}

func renderExplanation(c *Call, v *view.Explanation) {
	c.head(&v.Frame)
	if v.Fold[v.Node] != v.Fold[v.Party] {
		c.printf("The programs fold by different rules: version %d at %s, %d at %s. Until both are alike, equal pictures cannot be hoped for.\n", v.Fold[v.Node], v.Node, v.Fold[v.Party], v.Party)
	}
	if v.Equal {
		c.printf("%s and %s read all %s alike.\n", v.Node, v.Party, page.Count(v.Alike, "note", "notes"))
		return
	}
	c.printf("%s and %s read %s alike, and part at this one:\n", v.Node, v.Party, page.Count(v.Alike, "note", "notes"))
	if v.First != nil {
		c.printf("  %s, %s, %s: %s\n", v.First.Short, cmp.Or(v.First.Act, "?"), page.Local(&v.Frame, v.First.Time), text(v.First.Gist.Text()))
	}
	c.printf("  %s reads: %s\n", v.Node, reading(v.Ours))
	c.printf("  %s reads: %s\n", v.Party, reading(v.Theirs))
	c.printf("This does not say which of the two reads it rightly. Run detente verify at both; then compare the note's check words.\n")
}

func reading(r *register.Reading) string {
	if r == nil {
		return "no such note"
	}
	s := r.Result
	if r.Reason != "" {
		s += ": " + text(r.Reason)
	}
	if r.Status != "" {
		s += fmt.Sprintf("; after it the matter is %s (%.12s)", text(r.Status), r.State)
	}
	return s
}
