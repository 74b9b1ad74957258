package cli

import (
	"context"
	"errors"
	"flag"
	"net/url"
	"time"

	"detente/internal/desk"
	"detente/note"
)

func setupDrafts(f *flag.FlagSet, _ []string) func(context.Context, *Call) error {
	var wait string
	f.StringVar(&wait, "wait", "", "wait so long for receipts, 30s")
	again := f.Bool("again", false, "with send: it may have been sent, and was not: somebody has looked at the timeline")
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
			if *again {
				q.Set("again", "1")
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
		became := short(d.Note)
		if d.Note == desk.Sending {
			became = "perhaps: see the timeline"
		}
		t.row(d.ID, d.Draft.Act, d.Draft.Matter, d.Created.UTC().Format(time.DateTime), became)
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
