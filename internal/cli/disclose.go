package cli

import (
	"context"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"detente/audit"
	"detente/internal/page"
	"detente/internal/web"
	"detente/note"
)

const discloseHelp = `OUT is a folder, which must not be there: the note opened, with its proof; its author's consent likewise, where
the note is another's; and a README that says what this is and what it does not show. Whoever gets it checks it
with detente check OUT, and has no access to anything else.
A party discloses its own notes freely. Another's goes by a note message/consent of its author that names it and
is for --to or for anyone, is settled here, has not ended and is not withdrawn. Words that were erased, stand
under TLP:AMBER+STRICT or TLP:RED, or are past their end, go by no means. What was disclosed, to whom and by
which consent is kept in-house; detente show --note tells it.`

func setupDisclose(f *flag.FlagSet, _ []string) func(context.Context, *Call) error {
	channel := channelFlag(f)
	var in web.DiscloseRequest
	f.StringVar(&in.To, "to", "", "who is to have it: the name that stands in the consent")
	return func(ctx context.Context, c *Call) error {
		if err := c.want(2, 2, "one note and one folder"); err != nil {
			return err
		}
		var err error
		if in.Dir, err = filepath.Abs(c.Args[1]); err != nil {
			return err
		}
		return post(ctx, c, "notes/"+url.PathEscape(c.Args[0])+"/disclose", url.Values{"channel": {*channel}}, in, func(c *Call, v *web.Disclosed) {
			c.printf("Disclosed to %s: %s", text(v.To), v.Note.Short())
			if v.Consent != nil {
				c.printf(", by the consent %s", v.Consent.Short())
			}
			if v.Handling != "" {
				c.printf("\nIts words stand under %s", text(v.Handling))
			}
			c.printf("\nIn-house: %s. Hand over the whole folder; anyone can check it: detente check %s\n", v.Entry, c.Args[1])
		})
	}
}

// Limits of a folder that is checked.
const (
	maxFiles  = 1024
	maxFolder = 1 << 30 // bytes in all: a statement has its annexes with it
)

// readFolder reads a folder and the folders in it.
func readFolder(dir string) (map[string][]byte, error) {
	root, err := os.OpenRoot(dir) // no link in it leads out
	if err != nil {
		return nil, err
	}
	defer root.Close()
	files, left := map[string][]byte{}, int64(maxFolder)
	return files, fs.WalkDir(root.FS(), ".", func(path string, e fs.DirEntry, err error) error {
		switch {
		case err != nil || e.IsDir():
			return err
		case len(files) == maxFiles:
			return fmt.Errorf("%s has more than %d files: want a folder that detente made", dir, maxFiles)
		case !e.Type().IsRegular():
			return fmt.Errorf("%s: it is not a file", path)
		}
		f, err := root.Open(path)
		if err != nil {
			return err
		}
		defer f.Close()
		b, err := io.ReadAll(io.LimitReader(f, left+1))
		if left -= int64(len(b)); err == nil && left < 0 {
			err = fmt.Errorf("%s: with it the folder has more than %d bytes", path, maxFolder)
		}
		files[path] = b
		return err
	})
}

// isDisclosure tells the folder of a disclosure from that of a proof.
func isDisclosure(dir string) bool {
	st, err := os.Stat(filepath.Join(dir, "note"))
	return err == nil && st.IsDir()
}

// disclosure is what check found in the folder of a disclosure.
type disclosure struct {
	Exercise bool                    `json:"exercise,omitempty"`
	Consent  *check                  `json:"consent,omitempty"`
	Given    *consented              `json:"given,omitempty"` // by the consent
	Note     *check                  `json:"note,omitempty"`
	Act      string                  `json:"act,omitempty"`   // what the note does
	Texts    map[string]note.Wording `json:"texts,omitempty"` // what it says, by slot and language
	Wrong    string                  `json:"wrong,omitempty"`
}

type consented struct {
	By    string `json:"by"`
	To    string `json:"to"`
	Until string `json:"until,omitempty"`
}

func checkDisclosure(c *Call, dir string) error {
	v := &disclosure{}
	files, err := readFolder(dir)
	var d *audit.Disclosed
	if err == nil {
		d, err = audit.CheckDisclosure(files)
	}
	if err != nil {
		v.Wrong = err.Error()
	} else {
		v.Act, v.Exercise, v.Note = d.Note.Move.Act, d.Note.Header.Exercise, &check{File: "note"}
		v.Note.shows(d.Note.Checked)
		if d.Note.Content != nil {
			v.Texts = d.Note.Content.Texts
		}
		if d.Consent != nil {
			v.Consent = &check{File: "consent"}
			v.Consent.shows(d.Consent.Checked)
			v.Given = &consented{d.Consent.Header.ID().Party(), d.Given.To, d.Given.Until}
		}
	}
	if err := printValue(c, v, renderDisclosure); err != nil {
		return err
	}
	if v.Wrong != "" {
		return &ExitError{Code: ExitFound}
	}
	return nil
}

func renderDisclosure(c *Call, v *disclosure) {
	if v.Wrong != "" {
		c.printf("%s\n", c.paint(page.Red, "WRONG: "+text(v.Wrong)))
		return
	}
	if v.Exercise {
		c.printf("EXERCISE EXERCISE EXERCISE\n")
	}
	renderCheck(c, v.Note)
	c.printf("    it does: %s\n", text(v.Act))
	for _, slot := range sorted(v.Texts) {
		for _, lang := range sorted(v.Texts[slot]) {
			c.printf("    %s (%s): %s\n", text(slot), text(lang), text(v.Texts[slot][lang]))
		}
	}
	author, _, _ := strings.Cut(v.Note.ID, "/")
	if v.Given == nil {
		c.printf("No consent goes along: in the clear, only %s itself gives its notes freely.\n", author)
		return
	}
	renderCheck(c, v.Consent)
	c.printf("By it %s consents to the disclosure of exactly this note, to %s", v.Given.By, text(v.Given.To))
	if v.Given.Until != "" {
		c.printf(", until %s", text(v.Given.Until))
	}
	c.printf(".\nWhether the office that gave it had the power, and whether it was withdrawn later, is not shown here.\n")
}
