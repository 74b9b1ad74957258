package cli

import (
	"bytes"
	"context"
	"encoding/json"
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

// keptDraft fetches one draft.
func keptDraft(ctx context.Context, c *Call, id string) (d desk.Draft, err error) {
	cl, err := c.connect(ctx)
	if err != nil {
		return d, err
	}
	defer func() { err = errors.Join(err, cl.close()) }()
	var all keptDrafts
	if err := cl.call(ctx, "GET", "drafts", nil, nil, &all); err != nil {
		return d, err
	}
	for _, k := range all.Drafts {
		switch {
		case k.ID == id && k.Trouble != "":
			return d, usage("draft %s cannot be read: %s; drop it: detente drafts drop %s", id, k.Trouble, id)
		case k.ID == id:
			return k.Draft, nil
		}
	}
	return d, usage("there is no draft %.20q; see: detente drafts", id)
}

// amend puts what was added into a draft, and sends it unless it is to be kept.
// What is wrong with it is said before it is sent; what was added stays.
func amend(ctx context.Context, c *Call, id string, d desk.Draft, keep bool, q url.Values) (err error) {
	b, err := json.Marshal(d)
	if err != nil {
		return err
	}
	cl, err := c.connect(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, cl.close()) }()
	path := "drafts/" + url.PathEscape(id)
	if keep {
		return ask(ctx, c, cl, "PUT", path, nil, bytes.NewReader(b), func(c *Call, _ *map[string]any) { c.printf("Draft %s is changed, and not sent.\n", id) })
	}
	if err := cl.call(ctx, "PUT", path, nil, bytes.NewReader(b), nil); err != nil {
		return err
	}
	return ask(ctx, c, cl, "POST", path, q, nil, renderSent)
}

type keptDrafts struct {
	Drafts []desk.Kept `json:"drafts"`
}

func renderDrafts(c *Call, v *keptDrafts) {
	t := c.table("DRAFT", "ACT", "MATTER", "KEPT", "SENT AS")
	for _, d := range v.Drafts {
		if d.Trouble != "" {
			t.row(d.ID, "cannot be read: verify says why; drop it", "", "", "")
			continue
		}
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
