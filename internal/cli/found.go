package cli

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/term"

	"detente/charter"
	"detente/feed"
	"detente/internal/node"
	"detente/internal/web"
	"detente/note"
	"detente/seal"
)

// plain is the Setup of a command without flags of its own.
func plain(run func(context.Context, *Call) error) func(*flag.FlagSet, []string) func(context.Context, *Call) error {
	return func(*flag.FlagSet, []string) func(context.Context, *Call) error { return run }
}

// identityFlags are the flags of commands that use the identity key.
type identityFlags struct{ path, passFile string }

func (i *identityFlags) declare(f *flag.FlagSet) {
	f.StringVar(&i.path, "identity", "", "the identity key (default: DIR.identity)")
	f.StringVar(&i.passFile, "passphrase-file", "", "file with the passphrase of the identity key (default: $DETENTE_PASSPHRASE)")
}

func (i *identityFlags) passphrase(c *Call) (string, error) {
	if i.passFile == "" {
		return c.Getenv("DETENTE_PASSPHRASE"), nil
	}
	b, err := os.ReadFile(i.passFile)
	return strings.TrimRight(string(b), "\r\n"), err
}

// load reads the identity key, and asks for the passphrase where it must.
func (i *identityFlags) load(c *Call) (*feed.Key, error) {
	path := i.path
	if path == "" {
		path = filepath.Clean(c.Dir) + ".identity"
	}
	pass, err := i.passphrase(c)
	if err != nil {
		return nil, err
	}
	k, err := node.LoadIdentity(path, pass)
	in, ok := c.In.(*os.File)
	if pass == "" && errors.Is(err, seal.ErrPassphrase) && ok && term.IsTerminal(int(in.Fd())) {
		fmt.Fprint(c.Err, "Passphrase of the identity key: ")
		b, readErr := term.ReadPassword(int(in.Fd()))
		fmt.Fprintln(c.Err)
		if readErr != nil {
			return nil, readErr
		}
		k, err = node.LoadIdentity(path, string(b))
	}
	return k, err
}

func setupInit(f *flag.FlagSet, _ []string) func(context.Context, *Call) error {
	var o node.InitOptions
	var id identityFlags
	var addresses many
	id.declare(f)
	f.StringVar(&o.Party, "party", "", "the party's code, such as PAK")
	f.StringVar(&o.Name, "name", "", "the party's full name")
	f.Var(&addresses, "address", "HOST:PORT where the other sides reach this node; may be given more than once; none: by pouch files only")
	return func(_ context.Context, c *Call) error {
		if err := c.want(0, 0, "no arguments"); err != nil {
			return err
		}
		if o.Party == "" || o.Name == "" {
			return usage("want --party CODE and --name NAME")
		}
		var err error
		o.Addresses, o.Identity = addresses, id.path
		if o.Passphrase, err = id.passphrase(c); err != nil {
			return err
		}
		cred, err := node.Init(c.Dir, o)
		if err != nil {
			return err
		}
		if o.Identity == "" {
			o.Identity = filepath.Clean(c.Dir) + ".identity"
		}
		c.printf("The node of %s is in %s, its identity key in %s.\nKeep that key where the node cannot reach it, and a copy elsewhere. Words of the fingerprint:\n\n%s\n",
			cred.Party, c.Dir, o.Identity, wordLines(charter.Words(cred.Fingerprint(), charter.FingerprintWords)))
		return nil
	}
}

// wordLines lays check words out in lines of four, for reading aloud.
func wordLines(words []string) string {
	var out strings.Builder
	for line := range slices.Chunk(words, 4) {
		out.WriteString("    " + strings.Join(line, " ") + "\n")
	}
	return out.String()
}

func (c *Call) writeFile(path string, b []byte) error {
	if path == "-" {
		_, err := c.Out.Write(b)
		return err
	}
	return os.WriteFile(path, b, 0o666)
}

// done says in one line that a file was written, and what comes next; where
// the file is standard output, beside it.
func (c *Call) done(path, what, next string) {
	if path == "-" {
		fmt.Fprintf(c.Err, "%s is on standard output; %s\n", what, next)
		return
	}
	c.printf("%s is in %s; %s\n", what, path, next)
}

func (c *Call) readFile(path string) ([]byte, error) {
	if path == "-" {
		return io.ReadAll(io.LimitReader(c.In, web.MaxBody+1))
	}
	return os.ReadFile(path)
}

// document fetches one document from the node.
func (cl *client) document(ctx context.Context, name string) (web.Document, error) {
	var d web.Document
	err := cl.call(ctx, "GET", "documents/"+url.PathEscape(name), nil, nil, &d)
	return d, err
}

func credenceExport(ctx context.Context, c *Call) (err error) {
	if err := c.want(0, 1, "one file, or none"); err != nil {
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
	d, err := cl.document(ctx, self.Credence.String())
	if err != nil {
		return err
	}
	out := "-"
	if len(c.Args) == 1 {
		out = c.Args[0]
	}
	if err := c.writeFile(out, []byte(d.Text)); err != nil {
		return err
	}
	c.done(out, "The credence of "+self.Party, "the other side takes it with: detente credence import")
	return nil
}

// addFile hands a file to the node.
func addFile(ctx context.Context, c *Call, then func(*Call, *web.Document)) error {
	if err := c.want(1, 1, "one file"); err != nil {
		return err
	}
	b, err := c.readFile(c.Args[0])
	if err != nil {
		return err
	}
	return once(ctx, c, "POST", "documents", nil, bytes.NewReader(b), then)
}

func credenceImport(ctx context.Context, c *Call) error {
	return addFile(ctx, c, func(c *Call, d *web.Document) {
		c.printf("Credence of %s: %s. Compare these words with them by telephone before you rely on it:\n\n%s", d.Party, text(d.What), wordLines(d.Words))
	})
}

func setupClose(f *flag.FlagSet, _ []string) func(context.Context, *Call) error {
	var id identityFlags
	var reason, channel string
	var keep int64
	id.declare(f)
	f.StringVar(&reason, "reason", "", "rotation, revocation, journal-lost, fork, or left")
	f.StringVar(&channel, "channel", "", "the digest of one channel (default: all)")
	f.Int64Var(&keep, "keep", -1, "how many leaves stand (default: all that the ledger holds)")
	return func(ctx context.Context, c *Call) (err error) {
		if err := c.want(0, 1, "one folder, or none"); err != nil {
			return err
		}
		o := node.CloseOptions{Reason: reason, Leave: reason == charter.Left}
		if keep >= 0 {
			n := uint64(keep)
			o.Keep = &n
		}
		var only *note.Digest
		if channel != "" {
			d, err := note.ParseDigest(channel)
			if err != nil {
				return usage("--channel: %w", err)
			}
			only = &d
		}
		if !slices.Contains([]string{charter.Rotation, charter.Revocation, charter.JournalLost, charter.Forked, charter.Left}, reason) {
			return usage("--reason: %q is none of rotation, revocation, journal-lost, fork, left", reason)
		}
		key, err := id.load(c)
		if err != nil {
			return err
		}
		n, err := c.open(ctx)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, n.Close()) }()
		docs, err := n.CloseFeeds(ctx, key, only, o)
		return errors.Join(err, c.writeClosings(docs)) // what is done is done, and the others need it
	}
}

// writeClosings prints what was made when feeds were closed, and writes it to
// the folder that is named, if any.
func (c *Call) writeClosings(docs [][]byte) error {
	for i, d := range docs {
		v, err := web.Describe(d)
		if err != nil {
			return err
		}
		c.printf("%s: %s\n", v.Kind, text(v.What))
		if len(c.Args) == 0 {
			continue
		}
		if err := os.MkdirAll(c.Args[0], 0o777); err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(c.Args[0], fmt.Sprintf("%d-%s", i+1, v.Kind)), d, 0o666); err != nil {
			return err
		}
	}
	return nil
}

func epochAccept(ctx context.Context, c *Call) (err error) {
	if err := c.want(1, 1, "one digest or file"); err != nil {
		return err
	}
	cl, err := c.connect(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, cl.close()) }()
	digest := c.Args[0]
	if b, readErr := os.ReadFile(digest); readErr == nil {
		var d web.Document
		if err := cl.call(ctx, "POST", "documents", nil, bytes.NewReader(b), &d); err != nil {
			return err
		}
		digest = d.Digest.String()
	}
	return ask(ctx, c, cl, "POST", "closings/"+url.PathEscape(digest)+"/accept", nil, nil, func(c *Call, _ *struct{}) {
		c.printf("Closing %.12s… is accepted.\n", digest)
	})
}

func keys(ctx context.Context, c *Call) error {
	if err := c.want(0, 0, "no arguments"); err != nil {
		return err
	}
	return show(ctx, c, "node", nil, renderSelf)
}
