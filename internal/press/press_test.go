package press_test

import (
	"fmt"
	"maps"
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
	}
	return proposals, right, wanted, matched, exact, b.String()
}

// TestTexts wants every proposal of every text to be one of the table, and every
// one of the table to be proposed.
func TestTexts(t *testing.T) {
	for _, dir := range []string{"texts", "heldout"} {
		n, right, wanted, matched, exact, report := score(t, dir)
		if right != n || exact != n || matched != wanted || n == 0 {
			t.Errorf("%s: %d proposals, %d right in quotation, speaker and direction, %d in act and day too; %d of %d wanted found\n%s", dir, n, right, exact, matched, wanted, report)
		}
	}
}

// TestBytes wants every quotation to be bytes of the text, and every sentence to
// be listed once, in order, with a verdict.
func TestBytes(t *testing.T) {
	l := lexicon(t)
	for _, dir := range []string{"texts", "heldout"} {
		for _, s := range samples(t, dir) {
			if webpage.Is(s.text) {
				continue
			}
			r := read(t, s, l)
			for _, p := range r.Proposals {
				if string(s.text[p.Start:p.End]) != p.Quote || p.Quote == "" {
					t.Errorf("%s: %q is not the text at %d", s.name, p.Quote, p.Start)
				}
				if !slices.Contains(r.Sentences[p.Sentence-1].Proposals, p.Number) {
					t.Errorf("%s: sentence %d does not list %d", s.name, p.Sentence, p.Number)
				}
			}
			end := 0
			for _, x := range r.Sentences {
				if x.Start < end || string(s.text[x.Start:x.End]) != x.Text || (x.Verdict == press.Proposed) != (len(x.Proposals) > 0) || (x.Verdict != press.Proposed) != (x.Why != "") {
					t.Errorf("%s: sentence %+v", s.name, x)
				}
				end = x.End
			}
		}
	}
}

// TestArticle holds what is dropped of the article, and why.
func TestArticle(t *testing.T) {
	s := samples(t, "texts")[0]
	r := read(t, s, nil)
	got := map[string]int{}
	for _, x := range r.Sentences {
		if x.Verdict == press.Dropped {
			got[x.Why]++
		}
		if len(x.Proposals) > 0 && (strings.HasPrefix(x.Text, "Read also") || strings.HasPrefix(x.Text, "Advertisement")) {
			t.Errorf("proposed of furniture: %q", x.Text)
		}
	}
	want := map[string]int{"an advertisement": 5, "a link to another article": 2, "tags of the page": 1, "the sources of the article": 1,
		"a headline, which is not the text's own report": 1, "a standfirst, which the body repeats": 1}
	if !maps.Equal(got, want) {
		t.Errorf("dropped %v, want %v", got, want)
	}
	for _, p := range r.Proposals {
		if strings.Contains(p.Quote, "precision military strikes") && !slices.Equal(p.Hedges, []string{"alleged", "seen as"}) {
			t.Errorf("the text's reserve is %q", p.Hedges)
		}
	}
}

// TestDays reads days of the week and of the month against the day of the text.
func TestDays(t *testing.T) {
	for _, c := range []struct{ date, words, want string }{
		{"2024-01-19", "on Friday", "2024-01-19"},
		{"2024-01-20", "on Friday", "2024-01-19"},
		{"2024-01-18", "on Friday", "2024-01-12"},
		{"", "on Friday", ""},
		{"2024-01-19", "last Friday", ""},
		{"2024-01-19", "yesterday", "2024-01-18"},
		{"2024-01-19", "on 16 January", "2024-01-16"},
		{"2024-01-19", "on January 16, 2023", "2023-01-16"},
		{"2024-01-02", "on Dec. 30", "2023-12-30"},
		{"", "on 16 January", ""},
		{"", "on 16 January 2024", "2024-01-16"},
		{"2024-01-19", "on 31 February", ""},
		{"2024-01-19", "on 16 January and 18 January", ""},
		{"2024-01-19", "a day earlier", ""},
	} {
		var date time.Time
		if c.date != "" {
			date, _ = time.Parse(time.DateOnly, c.date)
		}
		text := "The foreign ministry of Chad summoned the ambassador of Mali " + c.words + "."
		r, err := press.Read([]byte(text), press.Options{Date: date})
		if err != nil || len(r.Proposals) != 1 || r.Proposals[0].When != c.want {
			t.Errorf("%s, of %s: %+v, %v; want %s", c.words, c.date, r.Proposals, err, c.want)
		}
	}
}

// TestSilent holds sentences of which nothing may be proposed, each beside one
// of which something is.
func TestSilent(t *testing.T) {
	const after = " The foreign ministry of Chad has an ambassador in Mali."
	for _, c := range []struct{ says, silent string }{
		{"Chad urged Mali to withdraw.", "Chad never urged Mali to withdraw."},
		{"Chad attacked Mali.", "Chad denied that it attacked Mali."},
		{"Chad attacked Mali.", "Chad attacked Mali, if the reports are right."},
		{"Chad attacked Mali.", "Chad could have attacked Mali."},
		{"Chad attacked Mali.", "Few believe that Chad attacked Mali."},
		{"Chad attacked Mali.", "Had Chad attacked Mali?"},
		{"Chad invited Mali's president.", "Chad will have invited Mali's president."},
		{"Chad summoned Mali's ambassador.", "Chad has not summoned Mali's ambassador."},
		{"Chad promised to release two soldiers.", "Chad promised to retaliate."},
		{"Chad's foreign minister said it would release two soldiers.", "Chad's foreign minister said it would hold elections."},
		{"Chad's foreign minister said Mali's troops had crossed the border.", "A shepherd said Mali's troops had crossed the border."},
		{"Chad attacked Mali, Chad's army said.", "Chad attacked Mali, local media reported."},
		{"In Bamako, the government urged Chad to withdraw.", "In Bamako, the QX government urged Chad to withdraw."},
		{"Chad condemned the attack.", "Chad refused to condemn the attack."},
		{"Chad's attack on Mali lasted an hour.", "Plans for Chad's attack on Mali were drawn up."},
	} {
		for i, s := range []string{c.says, c.silent} {
			r, err := press.Read([]byte(s+after), press.Options{})
			if err != nil || (len(r.Proposals) > 0) != (i == 0) {
				t.Errorf("%q: %+v, %v", s, r.Proposals, err)
			}
		}
	}
}

// TestParties reads a sentence about every state of the list by its name.
func TestParties(t *testing.T) {
	n := 0
	for _, line := range strings.Split(press.PartiesList(), "\n") {
		code, rest, ok := strings.Cut(strings.TrimPrefix(line, "party "), " | ")
		if !strings.HasPrefix(line, "party ") || !ok || len(code) != 3 {
			continue
		}
		n++
		name, _, _ := strings.Cut(rest, " |")
		name, _, _ = strings.Cut(name, ";")
		other, as := "Norway", "NOR"
		if code == as {
			other, as = "Chad", "TCD"
		}
		r, err := press.Read([]byte(fmt.Sprintf("The government of %s urged %s to recall its ambassador and withdraw its troops.", name, other)), press.Options{})
		if err != nil || len(r.Proposals) != 1 || !slices.Equal(r.Proposals[0].Direction.From, []string{code}) || !slices.Equal(r.Proposals[0].Direction.To, []string{as}) {
			t.Errorf("%s %s: %+v, %v", code, name, r.Proposals, err)
		}
	}
	if n < 195 {
		t.Errorf("%d states; the United Nations have 193 members and two observers", n)
	}
}

func TestLists(t *testing.T) {
	for list, want := range map[string]string{
		"party V | Velmar":               "party's code",
		"party VEL":                      "want party CODE",
		"state VEL | Velmar":             "none of party",
		"rule dance talk/held | danced":  "a rule has a frame",
		"words":                          "want words",
		"\n\nparty vel | Velmar":         "line 3",
		"ignore a b c d e f g h i":       "1 to 8 words",
		"office x y | z":                 "an office has",
		"person VEL president | A Name":  "",
		"noun incident/report | quarrel": "",
	} {
		err := press.Builtin().Add([]byte(list))
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", list, err, want)
		}
	}
	l := press.Builtin()
	if err := l.Add([]byte("party VEL | Velmar | Velmari\nperson VEL foreign-minister | Tomas Brel\nrule ask request/make | bade\n")); err != nil {
		t.Fatal(err)
	}
	text := []byte("The ambassador saw that Brel bade Chad to withdraw its troops. Brel bade Chad to withdraw its troops.")
	if r, err := press.Read(text, press.Options{Lexicon: l}); err != nil || len(r.Proposals) != 1 || r.Proposals[0].Who() != "foreign minister Tomas Brel (VEL)" {
		t.Errorf("%+v, %v", r, err)
	}
	if r, _ := press.Read(text, press.Options{}); len(r.Proposals) != 0 {
		t.Error("what one list adds is known to all")
	}
}

func TestLimits(t *testing.T) {
	if _, err := press.Read(make([]byte, press.MaxText+1), press.Options{}); err == nil {
		t.Error("a text beyond the limit is read")
	}
	if _, err := press.Read([]byte("\xff"), press.Options{}); err == nil {
		t.Error("a text that is not UTF-8 is read")
	}
	if err := press.Builtin().Add(make([]byte, press.MaxList+1)); err == nil {
		t.Error("a list beyond the limit is read")
	}
}

// TestLong reads the longest text there may be, in sentences that are as bad as
// can be, and one that is all of it; it ends.
func TestLong(t *testing.T) {
	for _, s := range []string{
		strings.Repeat("Chad's foreign minister said that Mali said that Chad told Mali's army that it attacked, the ministry said, and he urged it to ", 15) + "go %d.\n\n",
		"Spokesperson: The ministry said the army of Chad attacked Mali %d times.\n\n",
		"the army said %d ",
	} {
		var b strings.Builder
		for i := 0; b.Len() < 256<<10; i++ {
			fmt.Fprintf(&b, s, i) // no sentence is a repeat
		}
		if _, err := press.Read([]byte(b.String()), press.Options{}); err != nil {
			t.Error(err)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add("Chad's foreign minister, A Name, said on Friday that \"Mali had attacked\". He urged Mali's ambassador to leave.", "party VEL | Velmar")
	f.Add("Q: Will Chad attack Mali?\n\nSpokesperson: We call on Mali's army to withdraw.\n\nAdvertisement", "office x person | y")
	f.Fuzz(func(t *testing.T, text, list string) {
		l := press.Builtin()
		if l.Add([]byte(list)) != nil {
			l = nil
		}
		r, err := press.Read([]byte(text), press.Options{Date: time.Date(2024, 1, 19, 0, 0, 0, 0, time.UTC), Lexicon: l})
		if err != nil {
			return
		}
		for _, p := range r.Proposals {
			if text[p.Start:p.End] != p.Quote {
				t.Errorf("%q is not the text there", p.Quote)
			}
		}
		for _, s := range r.Sentences {
			if text[s.Start:s.End] != s.Text {
				t.Errorf("%q is not the text there", s.Text)
			}
		}
	})
}
