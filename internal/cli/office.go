package cli

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net/url"
	"os"
	"slices"
	"strings"

	"detente/internal/desk"
	"detente/internal/view"
	"detente/matter"
	"detente/note"
	"detente/seal"
)

const officesTopic = `An office can hold a seal key of its own, so that names come to it and to nobody else at its node:

    detente office key --office consular consular.key     (0600; the public half is consular.key.pub)
    detente send line/contact --office consular --post 'Consular section' --hours 'all hours, Asia/Karachi' \
        --telephone '+92 51 000 0000' --recipient @consular.key.pub

The office keeps the file where the node's other readers cannot open it; DETENTE_PASSPHRASE or
--passphrase-file locks it. The node never needs it. detente offices lists the keys that offices have
published, each with its words: compare them by telephone before the first name goes.

    detente send case/open --status missing --persons 2 --text 'account=Two fishermen, last heard of on …' \
        --names-file names.txt --offices PAK/consular,IRN/consular

The command seals the file before anything comes to the node; the note holds an armored age file. Name your
own office too, or your side cannot open it again. Who holds the key of a named office reads it:

    detente names PAK#3 --identity consular.key

A lost office key cannot be replaced for what was sealed to it. A new key is published by a new contact; the
latest holds.
`

func setupOfficeKey(f *flag.FlagSet, _ []string) func(context.Context, *Call) error {
	var office string
	var id identityFlags
	f.StringVar(&office, "office", "", "the code of the office, such as consular")
	f.StringVar(&id.passFile, "passphrase-file", "", "file with the passphrase that locks it (default: $DETENTE_PASSPHRASE)")
	return func(_ context.Context, c *Call) error {
		if err := c.want(1, 1, "one file, which must not exist"); err != nil {
			return err
		}
		if err := note.CheckOffice(office); err != nil {
			return usage("--office: %w", err)
		}
		pass, err := id.passphrase(c)
		if err != nil {
			return err
		}
		key, err := seal.GenerateIdentity()
		if err != nil {
			return err
		}
		text := seal.MarshalIdentity(key, "office "+office)
		if pass != "" {
			if text, err = seal.Lock(text, pass); err != nil {
				return err
			}
		}
		public := c.Args[0] + ".pub"
		if _, err := os.Lstat(public); err == nil {
			return fmt.Errorf("%s exists already; nothing was written", public)
		}
		if err := newFile(c.Args[0], text, 0o600); err != nil {
			return err
		}
		if err := newFile(public, []byte(key.Recipient()+"\n"), 0o644); err != nil {
			return fmt.Errorf("%w; the key itself is in %s", err, c.Args[0])
		}
		c.printf("The key of the office %s is in %s: keep it where only the office can read it, and a copy elsewhere.\nPublish it: detente send line/contact --office %s … --recipient @%s\nWords of its fingerprint:\n\n%s",
			office, c.Args[0], office, public, wordLines(view.KeyWords(key.Recipient())))
		return nil
	}
}

// newFile writes a file that must not exist yet, and syncs it.
func newFile(path string, data []byte, mode os.FileMode) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if err != nil {
		return fmt.Errorf("%w; nothing was written", err)
	}
	_, err = f.Write(data)
	return errors.Join(err, f.Sync(), f.Close())
}

func renderOffices(c *Call, v *view.Offices) {
	if len(v.Offices) == 0 {
		c.printf("No office has published a seal key; see: detente help offices\n")
	}
	for _, o := range v.Offices {
		standing := ""
		if o.Provisional {
			standing = ", provisional"
		}
		c.heading("%s, by %s%s", o.Name, o.Contact.Short(), standing)
		c.printf("%s\n", wordLines(o.Words))
	}
}

// namesFlags declares, for every text of the act that is sealed to offices,
// the flag that names its file.
func namesFlags(f *flag.FlagSet, args []string) map[string]*string {
	files := map[string]*string{}
	for _, a := range args {
		_, act, ok := matter.Find(a)
		if !ok {
			continue
		}
		for _, t := range act.Texts {
			if t.Sealed != "" {
				files[t.Name] = f.String(t.Name+"-file", "", t.Doc+": a file, sealed before it comes to the node, to --"+t.Sealed)
			}
		}
		break
	}
	return files
}

// sealNames seals the files of a draft to the offices that it names. Their
// words never come to the node.
func sealNames(ctx context.Context, c *Call, d *desk.Draft, files map[string]*string, lang string) (err error) {
	_, act, _ := matter.Find(d.Act)
	for _, t := range act.Texts {
		if files[t.Name] == nil || *files[t.Name] == "" {
			continue
		}
		words, err := c.readFile(*files[t.Name])
		if err != nil {
			return fmt.Errorf("--%s-file: %w", t.Name, err)
		}
		text := strings.TrimSpace(string(words))
		if text == "" {
			return usage("--%s-file: %s is empty", t.Name, *files[t.Name])
		}
		to, err := namedOffices(d, t.Sealed)
		if err != nil {
			return err
		}
		keys, err := officeKeys(ctx, c, d.Channel, to)
		if err != nil {
			return err
		}
		if d.Texts[t.Name] == nil {
			d.Texts[t.Name] = note.Wording{}
		}
		if d.Texts[t.Name][lang], err = desk.SealNames(keys, text); err != nil {
			return err
		}
	}
	return nil
}

// namedOffices reads the field of a draft that names offices.
func namedOffices(d *desk.Draft, field string) (to []string, err error) {
	list, _ := d.Fields[field].([]any)
	if given := d.Given[field]; given != nil {
		fields, err := matter.GatherFields(d.Act, map[string][]string{field: given})
		if err != nil {
			return nil, err
		}
		list, _ = fields[field].([]any)
	}
	for _, v := range list {
		s, _ := v.(string)
		to = append(to, s)
	}
	if to == nil {
		return nil, usage("--%s: to which offices are the names sealed? such as --%s PAK/consular,IRN/consular", field, field)
	}
	return to, nil
}

// officeKeys returns the latest key of each office, and prints its words.
func officeKeys(ctx context.Context, c *Call, channel string, to []string) (keys []string, err error) {
	cl, err := c.connect(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, cl.close()) }()
	var known view.Offices
	if err := cl.call(ctx, "GET", "offices", url.Values{"channel": {channel}}, nil, &known); err != nil {
		return nil, err
	}
	for _, name := range to {
		i := slices.IndexFunc(known.Offices, func(o view.Office) bool { return o.Name == name })
		if i < 0 {
			return nil, fmt.Errorf("%s has published no seal key, so nothing can be sealed to it; nothing was sent. It publishes one by line/contact: see detente help offices", text(name))
		}
		o := known.Offices[i]
		fmt.Fprintf(c.Err, "Names are sealed to %s, by the key of %s. Words of its fingerprint:\n%s", o.Name, o.Contact.Short(), wordLines(o.Words))
		keys = append(keys, o.Recipient)
	}
	return keys, nil
}

// openedNames is what an office reads.
type openedNames struct {
	Note    note.ID                 `json:"note"`
	Offices []string                `json:"offices"` // as the author says
	Texts   map[string]note.Wording `json:"texts"`
}

func setupNames(f *flag.FlagSet, _ []string) func(context.Context, *Call) error {
	channel := channelFlag(f)
	var id identityFlags
	f.StringVar(&id.path, "identity", "", "the key of the office, as office key wrote it")
	f.StringVar(&id.passFile, "passphrase-file", "", "file with the passphrase of the key (default: $DETENTE_PASSPHRASE)")
	return func(ctx context.Context, c *Call) (err error) {
		if err := c.want(1, 1, "one note, such as PAK#3"); err != nil {
			return err
		}
		key, err := officeKey(c, id)
		if err != nil {
			return err
		}
		cl, err := c.connect(ctx)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, cl.close()) }()
		var n view.Note
		if err := cl.call(ctx, "GET", "notes/"+url.PathEscape(c.Args[0]), url.Values{"channel": {*channel}}, nil, &n); err != nil {
			return err
		}
		v := openedNames{Note: n.ID, Texts: map[string]note.Wording{}}
		for slot, wording := range n.Texts {
			to := matter.SealedFor(n.Act, slot, n.Fields)
			if to == nil {
				continue
			}
			v.Offices, v.Texts[slot] = to, note.Wording{}
			for lang, sealed := range wording {
				var other *seal.NotForUs
				if v.Texts[slot][lang], err = desk.OpenNames(key, sealed); errors.As(err, &other) {
					return fmt.Errorf("%s of %s is sealed to %s, as its author says, and the key in %s is none of theirs: ask the office for its key file, a former one too", slot, n.Short, text(strings.Join(to, ", ")), id.path)
				} else if err != nil {
					return fmt.Errorf("%s of %s: %w", slot, n.Short, err)
				}
			}
		}
		if len(v.Texts) == 0 {
			return fmt.Errorf("%s has no names that are sealed to an office (its content: %s)", n.Short, n.Content)
		}
		return printValue(c, &v, func(c *Call, v *openedNames) {
			c.heading("%s, sealed to %s", v.Note.Short(), text(strings.Join(v.Offices, ", ")))
			for _, slot := range sorted(v.Texts) {
				for _, lang := range sorted(v.Texts[slot]) {
					c.page().Hang(4, slot+", "+lang+":", v.Texts[slot][lang])
				}
			}
		})
	}
}

func officeKey(c *Call, id identityFlags) (*seal.Identity, error) {
	if id.path == "" {
		return nil, usage("want --identity FILE: the key of the office; see: detente help offices")
	}
	b, err := c.readFile(id.path)
	if err != nil {
		return nil, err
	}
	if seal.IsLocked(b) {
		pass, err := id.passphrase(c)
		if err != nil {
			return nil, err
		}
		if b, err = seal.Unlock(b, pass); err != nil {
			return nil, fmt.Errorf("%s: %w", id.path, err)
		}
	}
	key, err := seal.UnmarshalIdentity(b)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", id.path, err)
	}
	return key, nil
}
