package cli

import (
	"context"
	"flag"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"detente/audit"
	"detente/internal/page"
	"detente/internal/web"
)

func setupStatement(f *flag.FlagSet, _ []string) func(context.Context, *Call) error {
	channel := channelFlag(f)
	return func(ctx context.Context, c *Call) error {
		if err := c.want(2, 2, "one statement and one folder"); err != nil {
			return err
		}
		dir, err := filepath.Abs(c.Args[1])
		if err != nil {
			return err
		}
		return post(ctx, c, "notes/"+url.PathEscape(c.Args[0])+"/statement", url.Values{"channel": {*channel}}, map[string]string{"dir": dir}, func(c *Call, v *web.PublicStatement) {
			renderStatement(c, v)
			c.printf("Give out the whole folder; anyone can check it: detente check %s\n", c.Args[1])
		})
	}
}

// isStatement tells the folder of a statement from that of a proof.
func isStatement(dir string) bool {
	st, err := os.Stat(filepath.Join(dir, "signatures"))
	return err == nil && st.IsDir()
}

func checkStatement(c *Call, dir string) error {
	files, err := readFolder(dir)
	var s *audit.JointStatement
	if err == nil {
		s, err = audit.CheckStatement(files)
	}
	if err == nil {
		return printValue(c, &statement{PublicStatement: web.NewPublicStatement(s)}, renderChecked)
	}
	if err := printValue(c, &statement{Wrong: err.Error()}, renderChecked); err != nil {
		return err
	}
	return &ExitError{Code: ExitFound}
}

// statement is what check found in the folder of a statement.
type statement struct {
	*web.PublicStatement
	Wrong string `json:"wrong,omitempty"`
}

func renderChecked(c *Call, v *statement) {
	if v.Wrong != "" {
		c.printf("%s\n", c.paint(page.Red, "WRONG: "+text(v.Wrong)))
		return
	}
	renderStatement(c, v.PublicStatement)
}

func renderStatement(c *Call, v *web.PublicStatement) {
	if v.Exercise {
		c.printf("EXERCISE EXERCISE EXERCISE\n")
	}
	c.printf("A joint statement, proposed as %s, authentic in %s, for release at %s.\n", v.Proposal.Short(), strings.Join(v.Languages, ", "), v.Release.Format(time.RFC3339))
	c.printf("Every signature names its text, %s, and that moment:\n", v.Digest)
	for _, p := range v.Parties {
		c.printf("    %s signed as %s, office %s, at %s by its own time\n", p.Party, p.Note.Short(), text(p.Office), p.Time)
		c.printf("        words of its identity key: %s\n", strings.Join(p.Words, " "))
	}
	if len(v.Unsigned) > 0 {
		c.printf("It was addressed to %s too, whose signature is not there: facilitators and observers do not sign.\n", strings.Join(v.Unsigned, ", "))
	}
	c.printf("Whose the keys are, only the parties can say: compare the words with what they publish.\n")
}
