package press_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/txtar"

	"detente/internal/press"
	"detente/internal/press/webpage"
)

// A text of testdata is an archive of the text, its date, and what is to be
// proposed of it, one a line: act | speaker | party | direction | words of the
// quotation | day. A direction is FROM>TO or A<>B.
type sample struct {
	name, comment string
	text          []byte
	date          time.Time
	want          []want
}

type want struct{ act, speaker, party, direction, words, day string }

func samples(t *testing.T, dir string) []sample {
	t.Helper()
	names, err := filepath.Glob(filepath.Join("testdata", dir, "*"))
	if err != nil || len(names) == 0 {
		t.Fatal("no texts in", dir, err)
	}
	var out []sample
	for _, name := range names {
		a, err := txtar.ParseFile(name)
		if err != nil {
			t.Fatal(err)
		}
		s := sample{name: filepath.Base(name), comment: string(a.Comment)}
		for _, f := range a.Files {
			switch f.Name {
			case "text":
				s.text = f.Data
			case "date":
				if s.date, err = time.Parse(time.DateOnly, strings.TrimSpace(string(f.Data))); err != nil {
					t.Fatal(name, err)
				}
			case "want":
				for _, line := range strings.Split(strings.TrimSpace(string(f.Data)), "\n") {
					if line == "" {
						continue
					}
					p := strings.Split(line+"|||", "|")
					for i := range p {
						p[i] = strings.TrimSpace(p[i])
					}
					s.want = append(s.want, want{p[0], p[1], p[2], p[3], p[4], p[5]})
				}
			}
		}
		out = append(out, s)
	}
	return out
}

func lexicon(t *testing.T) *press.Lexicon {
	t.Helper()
	list, err := os.ReadFile("testdata/actors.txt")
	if err != nil {
		t.Fatal(err)
	}
	l := press.Builtin()
	if err := l.Add(list); err != nil {
		t.Fatal(err)
	}
	return l
}

func read(t *testing.T, s sample, l *press.Lexicon) *press.Report {
	t.Helper()
	o := press.Options{Date: s.date, Lexicon: l}
	text := s.text
	if webpage.Is(text) {
		p, err := webpage.Read(text)
		if err != nil {
			t.Fatal(s.name, err)
		}
		text, o.Drops = p.Text, p.Drops
	}
	r, err := press.Read(text, o)
	if err != nil {
		t.Fatal(s.name, err)
	}
	return r
}

func show(p press.Proposal) string {
	d := strings.Join(p.Direction.From, "+") + ">" + strings.Join(p.Direction.To, "+")
	if p.Direction.How == "with" {
		both := append(slices.Clone(p.Direction.From), p.Direction.To...)
		slices.Sort(both)
		d = strings.Join(both, "<>")
	}
	party := ""
	if p.Speaker != nil {
		party = p.Speaker.Party
	}
	return fmt.Sprintf("%s | %s | %s | %s | %s | %s", p.Act, p.Who(), party, d, p.Quote, p.When+p.Said)
}

func (w want) String() string {
	return fmt.Sprintf("%s | %s | %s | %s | %s | %s", w.act, w.speaker, w.party, w.direction, w.words, w.day)
}

// is reports whether a proposal is the wanted one in quotation, speaker and
// direction, and then whether in act and day too.
func (w want) is(p press.Proposal) (right, all bool) {
	f := strings.Split(show(p), " | ")
	if !strings.Contains(p.Quote, w.words) {
		return false, false
	}
	if a, b, ok := strings.Cut(w.direction, "<>"); ok {
		w.direction = min(a, b) + "<>" + max(a, b)
	}
	right = strings.Contains(strings.ToLower(f[1]), strings.ToLower(w.speaker)) && f[2] == w.party && f[3] == w.direction
	return right, right && f[0] == w.act && (w.day == "" || p.When == w.day || p.Said == w.day)
}

// score reads every text of a folder.
func score(t *testing.T, dir string) (proposals, right, wanted, matched, exact int, report string) {
	l := lexicon(t)
	var b strings.Builder
	for _, s := range samples(t, dir) {
		fmt.Fprintf(&b, "== %s\n", s.name)
		r := read(t, s, l)
		left := slices.Clone(s.want)
		for _, p := range r.Proposals {
			proposals++
			i := slices.IndexFunc(left, func(w want) bool { ok, _ := w.is(p); return ok })
			if i < 0 {
				fmt.Fprintf(&b, "  wrong   %s\n", show(p))
				continue
			}
			right++
			matched++
			if _, all := left[i].is(p); all {
				exact++
			} else {
				fmt.Fprintf(&b, "  act/day %s\n     want %s\n", show(p), left[i])
			}
			left = slices.Delete(left, i, i+1)
		}
		wanted += len(s.want)
		for _, w := range left {
			fmt.Fprintf(&b, "  missing %s\n", w)
		}
		if os.Getenv("PRESS") != "" {
			for _, x := range r.Sentences {
				if x.Verdict != press.Proposed {
					fmt.Fprintf(&b, "    %s: %s: %s\n", x.Verdict, x.Why, x.Text)
				}
			}
		}
	}
	return proposals, right, wanted, matched, exact, b.String()
}

func TestTexts(t *testing.T) {
	n, right, wanted, matched, exact, report := score(t, "texts")
	t.Logf("%d proposals, %d right in quotation, speaker and direction, %d in act and day too; %d of %d wanted found\n%s", n, right, exact, matched, wanted, report)
}

func TestHeldOut(t *testing.T) {
	n, right, wanted, matched, exact, report := score(t, "heldout")
	t.Logf("%d proposals, %d right in quotation, speaker and direction, %d in act and day too; %d of %d wanted found\n%s", n, right, exact, matched, wanted, report)
}
