package demo

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode"

	"detente/internal/node"
	"detente/internal/view"
	"detente/note"
	"detente/pouch"
	"detente/register"
	"detente/scenario"
)

// TestDemo plays January 2024 and wants what a visitor is to see.
func TestDemo(t *testing.T) {
	dir := t.TempDir()
	var out bytes.Buffer
	if err := Run(t.Context(), Options{Dir: dir, Out: &out}); err != nil {
		t.Fatalf("%v\n%s", err, out.String())
	}
	text := out.String()
	lines := strings.Split(text, "\n")
	if lines[0] != "Reconstruction from press claims; exercise keys; no government wrote these notes" {
		t.Errorf("it opens with %q", lines[0])
	}
	s, err := scenario.January2024()
	if err != nil {
		t.Fatal(err)
	}
	t.Run("every note is marked", func(t *testing.T) { checkMarks(t, s, lines) })
	t.Run("width", func(t *testing.T) {
		for _, l := range lines {
			if n := columns(l); n > 80 && !strings.Contains(l, dir) {
				t.Errorf("%d columns: %s", n, l)
			}
		}
	})
	for _, c := range sights {
		t.Run(c.name, func(t *testing.T) {
			part := text
			if c.from != "" {
				_, after, ok := strings.Cut(text, "\n"+c.from+"\n")
				if !ok {
					t.Fatalf("there is no %q", c.from)
				}
				part, _, _ = strings.Cut(after, "\n\n")
			}
			for _, want := range c.want {
				if !regexp.MustCompile(want).MatchString(part) {
					t.Errorf("%q does not match in:\n%s", want, part)
				}
			}
			for _, not := range c.not {
				if regexp.MustCompile(not).MatchString(part) {
					t.Errorf("%q matches in:\n%s", not, part)
				}
			}
		})
	}
	t.Run("nodes", func(t *testing.T) { checkNodes(t, dir, text) })
}

// sights is what a pause shows; from is its heading, and it ends with an
// empty line.
var sights = []struct {
	name, from string
	want, not  []string
}{
	{"the claimed target faces the claimed casualties", "One incident, two accounts",
		[]string{`PAK says +IRN says`, `nature +strike`, `target +– +What Iran calls bases`, `casualties +2 killed, children; 3 injured\. +–`, `killed +2 +–`}, nil},
	{"two readouts of the 17th", "One call, two readouts",
		[]string{`right-to-respond: only in PAK's readout, unmarked`, `information: only in IRN's readout, unmarked`, `(?s)information:.*\n +2\. Pakistan's minister asked for +–`},
		[]string{"both readouts", "agreed by"}},
	{"the ambassadors are away", "The second strike, and where the ambassadors are",
		[]string{`head: +recalled-for-consultations, \[reported\] said by PAK`, `acting: +charge-daffaires, \[invented\] said by PAK`, `head: +asked-not-to-return, \[reported\] said by PAK`}, nil},
	{"the dossiers that one side claims", "The second strike, and where the ambassadors are",
		[]string{`grounds +"Multiple dossiers" shared over +–`, `what they\s+held is not reported`}, nil},
	{"goodwill", "Goodwill messages", []string{`letter, goodwill`, `the key to resolving tensions`, `in reply to IRN#`, `(?s)Trust and confidence need to be\s+restored`}, nil},
	{"readouts of the 19th", "The call of 19 January, side by side",
		[]string{`IRN's readout +PAK's readout`, `counter-terrorism: both readouts, unmarked`, `de-escalation: only in PAK's readout, unmarked`, `palestine: only in IRN's readout`,
			`IRN says that PAK called`, `(?s)request: made\n.*asked of PAK: for action, territory of PAK; needed by: none\n +IRN \(IRN#\d+\): Iran urges Pakistan`, `PAK owes: to complete or decline: open-ended`, `visit: proposed; foreign ministers, PK/Islamabad`, `On the channel Pakistan and Türkiye`}, []string{"accepted"}},
	{"the press lies beside, in-house", "What the press says",
		[]string{`in-house: what others say of it`, `H1 claim of the article itself, 2024-01-19; entered`, `(?s)alleged terrorist hideouts.*seen as retaliation`, `PAK says +IRN says`}, nil},
	{"one text released at one moment", "One text, released at one moment, and one package",
		[]string{`statement: released`, `(?s)clause 1: ambassadors\n +PAK \(PAK#\d+\): The ambassadors.*\n +fa, a translation: \x{2068}.*\n +ur, a translation: \x{2068}`,
			`PAK: signed \(PAK#\d+\)`, `IRN: signed \(IRN#\d+\)`, `PAK: published; 2024-01-22, Islamabad`, `IRN: published; 2024-01-22, Tehran`}, []string{"title:", "preamble:", "to sign or object"}},
	{"one package in force at one moment", "One text, released at one moment, and one package",
		[]string{`undertaking: in force; de-escalation`, `en: The ambassadors of both countries are back`, `fa, a translation: \x{2068}`, `ur, a translation: \x{2068}`,
			`(?s)in force from one moment, both parts together: 2024-01-22 10:00 IRN, 11:30\s+PAK, with IRN#`, `visit: agreed; foreign ministers, 2024-01-29`}, nil},
	{"both reported back", "Both parts reported",
		[]string{`reported done on\s+2024-01-26\s+by\s+PAK,\s+not\s+confirmed`, `reported done on\s+2024-01-26\s+by\s+IRN,\s+not\s+confirmed`, `head: +in-post, \[reported\] said by PAK`, `head: +in-post, \[reported\] said by IRN`}, nil},
	{"the killings at Saravan", "A question, and its clock",
		[]string{`killed +9\n`, `H4 claim of Iranian media itself`, `foreign nationals`, `body: Pakistan sends its consul from Zahedan`, `no answer`, `clock: IRN owes: to clarify, by 2024-01-29 18:30 IRN, 20:00 PAK: running`}, nil},
	{"the visit", "The visit, and one mechanism under two names",
		[]string{`Liaison officers at Turbat and Zahedan`, `"Joint Coordination"`, `"high-level consultative"`, `liaison-posts: Liaison officers at Turbat and Zahedan`, `(?s)commission: called "Joint Coordination" by one source,\s+"high-level\s+consultative" by another`}, nil},
	{"the agreement in two halves", "Pakistan and Iran: the agreement as it stands",
		[]string{`(?s)DE-ESCALATION\n  agreed:\n    - joint statement, released.*\n    - undertaking of PAK and IRN, in force.*PAK \(PAK#\d+\): \[(?:reported|invented)\] “The ambassadors`, `(?s)who owes what by when:\n    - IRN owes: to clarify, by 2024-01-29`,
			`(?s)COORDINATION ON COUNTER-TERRORISM AND OTHER MUTUAL CONCERNS\n  agreed: nothing\n.*open:\n    - request of IRN to PAK, for action, territory of PAK: no answer\n`, `commission, set up by PAK, without minutes: called`, `right-to-respond, only in PAK's readout,\s+unmarked`}, nil},
	{"Türkiye", "Pakistan and Türkiye: the agreement as it stands", []string{`Pakistan has no interest in escalation`}, []string{`IRN`}},
	{"the end", "", []string{`54 notes in [0-9.]+ s: each applied, each with the receipts and acks of every\s+principal; nothing is left unsettled`}, []string{"WRONG", "DIFFER", "provisional"}},
}

// columns counts what a line takes on a screen.
func columns(s string) (n int) {
	for _, r := range s {
		if !unicode.In(r, unicode.Cf, unicode.Mn, unicode.Me) {
			n++
		}
	}
	return n
}

var noteLine = regexp.MustCompile(`^\d\d:\d\d (\([A-Z, ]+\) )?[A-Z]{3}(#| H)\d+ (FLASH )?[a-z]+/[a-z]+`)

// checkMarks wants every note and entry once, in order, in two lines, the second of
// which is what its step says that it rests on.
func checkMarks(t *testing.T, s *scenario.Scenario, lines []string) {
	var steps []scenario.Step
	for _, st := range s.Steps {
		if st.Kind == scenario.Note || st.Kind == scenario.Entry {
			steps = append(steps, st)
		}
	}
	for i, l := range lines {
		if !noteLine.MatchString(l) {
			continue
		}
		if len(steps) == 0 {
			t.Fatalf("a note too many: %s", l)
		}
		st := steps[0]
		steps = steps[1:]
		want := "      " + st.Content.Basis.Mark + ": " + st.Content.Basis.Line
		if got := strings.TrimSuffix(lines[i+1], "…"); !strings.Contains(l, st.Act) || !strings.HasPrefix(want, got) || len(got) < 20 {
			t.Errorf("%s:\n%s\n%s\nwant\n%s", st.Label, l, lines[i+1], want)
		}
	}
	if len(steps) > 0 {
		t.Errorf("%d notes are not in the transcript, the first is %s", len(steps), steps[0].Label)
	}
}

// checkNodes opens the nodes anew: what they hold is what the transcript says.
func checkNodes(t *testing.T, dir, text string) {
	pictures := map[string]string{}
	for _, party := range []string{"PAK", "IRN", "TUR"} {
		n, err := node.Open(t.Context(), node.Config{Dir: filepath.Join(dir, party)})
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range n.Channels() {
			v, err := view.Matters(n, c, "")
			if err != nil {
				t.Fatal(err)
			}
			if first, ok := pictures[v.Name]; ok && first != v.Picture.String() {
				t.Errorf("%s: two pictures", v.Name)
			}
			pictures[v.Name] = v.Picture.String()
			if want := fmt.Sprintf("    %s picture %s\n", party, v.Picture); !strings.Contains(text, want) {
				t.Errorf("the transcript does not say %q", want)
			}
		}
		if err := n.Close(); err != nil {
			t.Error(err)
		}
	}
	if len(pictures) != 2 || strings.Count(text, "    pictures equal\n") != 2 {
		t.Errorf("%d channels; want two, and the pictures of both equal", len(pictures))
	}
}

// short is the first day of January 2024, up to its first pause, and more.
func short(t *testing.T, more string) *scenario.Scenario {
	t.Helper()
	text := string(scenario.January2024Text())
	s, err := scenario.Parse([]byte(text[:strings.Index(text, "\npause:")] + "\n" + more))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// withholding carries pouches between the nodes of one world, and takes all
// receipts out of them.
type withholding struct {
	w    *world
	from string
}

func (l withholding) Exchange(ctx context.Context, to node.Address, b []byte) ([]byte, error) {
	b, err := without(b)
	if err != nil {
		return nil, err
	}
	if b, err = l.w.party(to.Party).n.Serve(ctx, l.from, bytes.NewReader(b)); err != nil {
		return nil, err
	}
	return without(b)
}

func (withholding) Readings(context.Context, node.Address, []byte) (io.ReadCloser, error) {
	return nil, errors.New("nobody asks in this test")
}

func (withholding) Part(context.Context, node.Address, note.Digest, int64) (io.ReadCloser, error) {
	return nil, errors.ErrUnsupported
}

func without(b []byte) ([]byte, error) {
	r := pouch.NewReader(bytes.NewReader(b), 1<<30)
	var out bytes.Buffer
	w := pouch.NewWriter(&out)
	for {
		rec, err := r.Next()
		if err == io.EOF {
			return out.Bytes(), w.Close()
		}
		if err != nil {
			return nil, err
		}
		if rec.Type == pouch.TypeReceipt {
			continue
		}
		if err := w.Put(rec); err != nil {
			return nil, err
		}
	}
}

func TestWithheldReceipts(t *testing.T) {
	var out bytes.Buffer
	err := Run(t.Context(), Options{Dir: t.TempDir(), Out: &out, Scenario: short(t, ""), patience: 500 * time.Millisecond,
		adjust: func(w *world, party string, c *node.Config) { c.Link = withholding{w, party} }})
	var unsettled *Unsettled
	if !errors.As(err, &unsettled) || !strings.Contains(err.Error(), "no receipt of IRN") {
		t.Errorf("got %v; want it to miss the receipt of IRN", err)
	}
}

func TestOutOfOrder(t *testing.T) {
	var out bytes.Buffer
	err := Run(t.Context(), Options{Dir: t.TempDir(), Out: &out, Scenario: short(t, `
note: agreed-again
at: 2024-01-16T23:50:00+05:00[Asia/Karachi]
channel: pak-irn
from: PAK mfa
act: talk/agree
on: call-december
basis: invented, to be refused
`)})
	if err == nil || !strings.Contains(err.Error(), "agreed-again, line") {
		t.Errorf("got %v; want it to say that the note was not written", err)
	}
}

func TestFindings(t *testing.T) {
	other := false
	s := &node.Snapshot{Party: "PAK", Register: register.New(nil), Peers: []node.PeerInfo{{Party: "IRN", Picture: &other}},
		Feeds: []node.FeedInfo{{Party: "PAK", Head: note.Head{Origin: "x", Size: 3}, Receipts: map[string]uint64{"IRN": 2}}}}
	c := &channel{principals: []*party{{code: "PAK"}, {code: "IRN"}}}
	got := strings.Join(loose(s, c, nil), "\n")
	for _, want := range []string{"IRN has given a receipt for 2 of the 3 leaves", "0 of 3 leaves of PAK are folded", "the picture of the last ack of IRN is another"} {
		if !strings.Contains(got, want) {
			t.Errorf("got %s; want %s", got, want)
		}
	}
	a, b := &view.Register{Picture: note.Sum([]byte("a"))}, &view.Register{Picture: note.Sum([]byte("b"))}
	if differ([]*view.Register{a, a}) != nil || len(differ([]*view.Register{a, b})) != 1 {
		t.Error("two pictures that differ are not told from two that are equal")
	}
}

func TestFolderInUse(t *testing.T) {
	dir := t.TempDir()
	var out bytes.Buffer
	if err := Run(t.Context(), Options{Dir: dir, Out: &out, Scenario: short(t, "")}); err != nil {
		t.Fatal(err)
	}
	if err := Run(t.Context(), Options{Dir: dir, Out: &out, Scenario: short(t, "")}); err == nil || !strings.Contains(err.Error(), "nothing was changed") {
		t.Errorf("got %v; want it to refuse a folder with nodes in it", err)
	}
}
