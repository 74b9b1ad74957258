package cli

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"net/url"
	"os"

	"detente/internal/page"
	"detente/internal/web"
)

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
		if err := c.save(r.Body, c.Args[0]); err != nil {
			return err
		}
		c.done(c.Args[0], "The pouch for "+to, "it is taken there with: detente pouch apply")
		return nil
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
	c.printf("Taken: %s, %s, %s, %s.\n", page.Count(v.Notes, "note", "notes"), page.Count(v.Payloads, "payload", "payloads"),
		page.Count(v.Receipts, "receipt", "receipts"), page.Count(v.Documents, "document", "documents"))
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
