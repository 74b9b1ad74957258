package scenario_test

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"detente/matter"
	"detente/scenario"
)

// The article has 19 sentences; 1 to 16 make claims. The 17th names its
// source, the last two are headlines of other articles.
const (
	sentences      = 19
	claimSentences = 16
)

// factDates are the dates of the rows of the table of facts, from row 1.
var factDates = []string{"18 Dec", "16 Jan", "16 Jan", "17 Jan", "17 Jan", "17 Jan", "18 Jan", "18 Jan", "18 Jan", "18–19 Jan",
	"19 Jan", "19 Jan", "19 Jan", "19 Jan", "22 Jan", "26 Jan", "27 Jan", "29 Jan"}

var (
	articleRef = regexp.MustCompile(`article sentences? ([0-9]+(?:, [0-9]+)*)`)
	factsRef   = regexp.MustCompile(`facts row ([0-9]+) \(([^)]+)\)`)
)

// references returns the sentences and rows that a basis names.
func references(t *testing.T, st *scenario.Step) (article, facts []int) {
	t.Helper()
	line := st.Content.Basis.Line
	for _, m := range articleRef.FindAllStringSubmatch(line, -1) {
		for _, s := range strings.Split(m[1], ", ") {
			n, _ := strconv.Atoi(s)
			if n < 1 || n > sentences {
				t.Errorf("%s: there is no sentence %d in the article", st.Label, n)
			}
			article = append(article, n)
		}
	}
	for _, m := range factsRef.FindAllStringSubmatch(line, -1) {
		n, _ := strconv.Atoi(m[1])
		if n < 1 || n > len(factDates) || factDates[n-1] != m[2] {
			t.Errorf("%s: there is no row %d of %s among the facts", st.Label, n, m[2])
		}
		facts = append(facts, n)
	}
	return article, facts
}

// notes returns the notes of a scenario; with entries, also what the sides
// enter into their own records.
func notes(s *scenario.Scenario, kinds ...scenario.Kind) []*scenario.Step {
	var out []*scenario.Step
	for i := range s.Steps {
		if k := s.Steps[i].Kind; k == scenario.Note || slices.Contains(kinds, k) {
			out = append(out, &s.Steps[i])
		}
	}
	return out
}

// cited returns the labels of the reported notes and entries by sentence and
// by row.
func cited(t *testing.T, s *scenario.Scenario) (article, facts map[int][]string) {
	t.Helper()
	article, facts = map[int][]string{}, map[int][]string{}
	for _, st := range notes(s, scenario.Entry) {
		a, f := references(t, st)
		if st.Content.Basis.Mark != "reported" {
			continue
		}
		if len(a)+len(f) == 0 {
			t.Errorf("%s is said to be reported, but not where: %s", st.Label, st.Content.Basis.Line)
		}
		for _, n := range a {
			article[n] = append(article[n], st.Label)
		}
		for _, n := range f {
			facts[n] = append(facts[n], st.Label)
		}
	}
	return article, facts
}

func TestJanuaryEveryClaimIsSomebodys(t *testing.T) {
	article, facts := cited(t, january(t))
	for n := 1; n <= sentences; n++ {
		if got := len(article[n]) > 0; got != (n <= claimSentences) {
			t.Errorf("sentence %d of the article: carried by %v; a note carries each that makes a claim, and no other", n, article[n])
		}
	}
	for n := range factDates {
		if len(facts[n+1]) == 0 {
			t.Errorf("row %d of the facts, %s: no note carries it", n+1, factDates[n])
		}
	}
}

// What no source reports: a point marked, a request answered, a part
// confirmed or disputed, a case settled, one strike tied to
// the other by its author.
func TestJanuaryClaimsNothingMore(t *testing.T) {
	reported := map[string]bool{}
	for _, act := range []string{"claim/enter", "group/convene", "incident/account", "incident/protest", "incident/question", "incident/regret",
		"incident/report", "message/send", "mission/change", "request/make", "statement/propose", "statement/release", "talk/counter", "talk/held",
		"talk/propose", "talk/readout", "undertaking/offer", "undertaking/report"} {
		reported[act] = true
	}
	invented := map[string][]string{"line/test": {"test-pak", "test-irn", "test-pak-tur", "test-tur"}, "mission/change": {"charge-in-tehran"},
		"statement/sign": {"joint-statement-signed-pakistan", "joint-statement-signed-iran"}, "undertaking/accept": {"ambassadors-return-accepted"}, "talk/agree": {"visit-agreed"},
		"claim/link": {"press-retaliation-laid-saravan", "press-retaliation-laid-panjgur", "press-cooling-off-laid", "press-killings-laid"}}
	for _, st := range notes(january(t), scenario.Entry) {
		switch {
		case st.Content.Basis.Mark == "invented" && !slices.Contains(invented[st.Act], st.Label):
			t.Errorf("%s, by %s, is invented; the machinery does not need it", st.Label, st.Act)
		case st.Content.Basis.Mark == "reported" && !reported[st.Act]:
			t.Errorf("%s: no source reports a %s", st.Label, st.Act)
		}
		if _, ok := st.Fields["in-response-to"]; ok {
			t.Errorf("%s: no author is reported to have said what it was in response to", st.Label)
		}
		if st.Party == "TUR" && st.Act != "line/test" {
			t.Errorf("%s: no source reports what Türkiye said", st.Label)
		}
	}
}

// words returns everything that a step says, by where it says it.
func words(st *scenario.Step) map[string]string {
	out := map[string]string{"heading": st.Heading, "text": st.Text}
	if st.Kind == scenario.Day {
		out["heading"] = ""
	}
	if st.Content == nil {
		return out
	}
	for slot, w := range st.Content.Texts {
		for lang, s := range w {
			out[slot+" "+lang] = s
		}
	}
	for i, q := range st.Content.Quotes {
		out["quote "+strconv.Itoa(i+1)] = q.Words
	}
	_, act, ok := matter.Find(st.Act)
	if !ok {
		_, act, _ = matter.FindHouse(st.Act)
	}
	for _, spec := range act.Fields {
		if s, ok := st.Fields[spec.Name].(string); ok && spec.Type == matter.TypeLine && spec.Name != "source" {
			out["field "+spec.Name] = s
		}
	}
	return out
}

var (
	digits  = regexp.MustCompile(`[0-9]+`)
	persian = strings.NewReplacer("۰", "0", "۱", "1", "۲", "2", "۳", "3", "۴", "4", "۵", "5", "۶", "6", "۷", "7", "۸", "8", "۹", "9")
	spelled = regexp.MustCompile(`(?i)\b(three|four|five|six|seven|eight|nine|ten|eleven|twelve|dozens?|scores?|hundreds?|thousands?)\b`)
)

func TestJanuaryNumbersAreReported(t *testing.T) {
	s := january(t)
	allowed := map[string][]string{
		"strike-panjgur":          {"2", "3"},
		"strike-saravan":          {"04", "30"},
		"strike-saravan-iran":     {"9"},
		"killings-saravan":        {"9", "3", "nine", "three"},
		"call-19-iran":            {"50"},
		"joint-statement":         {"26", "29", "2024"},
		"ambassadors-return":      {"26", "2024"},
		"ambassador-of-iran-away": {"16"},
	}
	for i := range s.Steps {
		st := &s.Steps[i]
		for where, text := range words(st) {
			text = persian.Replace(text)
			for _, n := range slices.Concat(digits.FindAllString(text, -1), spelled.FindAllString(text, -1)) {
				if st.Label != "" && !slices.Contains(allowed[st.Label], strings.ToLower(n)) {
					t.Errorf("%s, %s: %s is not a number that is reported there", st.Label, where, n)
				}
				if st.Label == "" && n != "19" {
					t.Errorf("line %d, %s: %s is not a number of the narration", st.Line, where, n)
				}
			}
			if strings.Count(text, "50") != strings.Count(text, "over 50") {
				t.Errorf("%s, %s: the number reported is \"over 50\"", st.Label, where)
			}
		}
	}
	for label, want := range map[string][2]int64{"strike-panjgur": {2, 3}, "strike-saravan": {-1, -1}, "strike-panjgur-iran": {-1, -1},
		"strike-saravan-iran": {9, -1}, "killings-saravan": {9, 3}, "dossiers-claimed": {-1, -1}} {
		st, ok := s.Step(label)
		if !ok {
			t.Fatalf("there is no note %s", label)
		}
		for i, field := range []string{"killed", "injured"} {
			if n, ok := st.Fields[field].(int64); ok != (want[i] >= 0) || ok && n != want[i] {
				t.Errorf("%s: %s is %v; want %d, or none for -1", label, field, st.Fields[field], want[i])
			}
		}
	}
}

// names are all that the notes may name: persons, places, groups, offices, and
// the words that begin a sentence.
var names = strings.Fields(`
	Abbas Additional Adl Affairs Amir-Abdollahian Baloch Foreign Hossein IRNA ISNA Iran Iranian Islamabad Islamic Jaish Jalil January Jilani Koh-e-Sabz
	Ministry Pakistan Pakistani Palestine Panjgur Rask Saravan Secretary Sistan-Balochistan Tehran Turbat Turkish Türkiye Zahedan
	A Assist Baloch Both By Exchange For High-level It Joint Coordination Liaison Multiple Neither Nine No Nobody Only Serious Test Thanks The There Trust Unidentified What With`)

var capital = regexp.MustCompile(`\p{Lu}[\p{L}-]*`)

func TestJanuaryNamesAreReported(t *testing.T) {
	for _, st := range notes(january(t), scenario.Entry) {
		for where, text := range words(st) {
			if where == "heading" || where == "text" {
				continue
			}
			for _, name := range capital.FindAllString(text, -1) {
				if !slices.Contains(names, name) {
					t.Errorf("%s, %s: %q is not a name that the article or the facts have", st.Label, where, name)
				}
			}
		}
	}
}

// The article's own caution stays the article's: it is entered as a claim, laid
// beside what it speaks of, and is in no note.
func TestJanuaryCautionIsQuoted(t *testing.T) {
	s := january(t)
	for label, c := range map[string]struct{ speaker, source, words string }{
		"press-retaliation": {"the article", "article sentence 7", "alleged terrorist hideouts"},
		"press-cooling-off": {"the article", "article sentence 14", "suggested a cooling off of tensions"},
		"press-killings":    {"Iranian media", "", "foreign nationals"},
	} {
		st, ok := s.Step(label)
		if !ok || st.Act != "claim/enter" || st.Fields["speaker"] != c.speaker || c.source != "" && st.Fields["source"] != c.source || !strings.Contains(st.Content.Texts["quotation"]["en"], c.words) {
			t.Errorf("%s: %+v; want %q quoted, as words of %s", label, st, c.words, c.speaker)
		}
		if !slices.ContainsFunc(notes(s, scenario.Entry), func(st *scenario.Step) bool { return st.Act == "claim/link" && st.On == label }) {
			t.Errorf("%s is laid beside nothing", label)
		}
	}
	if st, _ := s.Step("press-retaliation"); !strings.Contains(st.Content.Texts["quotation"]["en"], "seen as retaliation") {
		t.Errorf("%+v", st.Content.Texts)
	}
	press := []string{"alleged", "retaliat", "cooling off", "foreign nationals"}
	for _, st := range notes(s) {
		for where, text := range words(st) {
			for _, w := range press {
				if strings.Contains(strings.ToLower(text), w) {
					t.Errorf("%s, %s: %q is a word of the press, not of the author", st.Label, where, w)
				}
			}
		}
	}
}

// What was in the dossiers that Pakistan says it had shared nobody reports:
// they are words of Pakistan's, and no note shares one.
func TestJanuaryDossiersAreOnlyClaimed(t *testing.T) {
	s := january(t)
	for _, st := range notes(s) {
		if kind, _, _ := strings.Cut(st.Act, "/"); kind == matter.Dossier.Name {
			t.Errorf("%s: no source reports what a dossier held", st.Label)
		}
		for where, text := range words(st) {
			if strings.Contains(strings.ToLower(text), "dossier") && (st.Label != "dossiers-claimed" || st.Party != "PAK" || !strings.HasPrefix(where, "quote") && !strings.Contains(strings.ToLower(text), `"multiple dossiers"`)) {
				t.Errorf("%s, %s: %q; dossiers are Pakistan's claim, in its words", st.Label, where, text)
			}
		}
	}
	if st, ok := s.Step("dossiers-claimed"); !ok || st.On != "strike-saravan" || len(st.Content.Quotes) != 2 || st.Content.Quotes[0].Speaker != "Pakistan" {
		t.Errorf("the dossiers that Pakistan claims: %+v", st)
	}
}

func TestJanuaryIsAnExercise(t *testing.T) {
	s := january(t)
	if s.Banner != "Reconstruction from press claims; exercise keys; no government wrote these notes" {
		t.Errorf("the banner is %q", s.Banner)
	}
	for _, c := range s.Channels {
		if !c.Exercise {
			t.Errorf("channel %s is not an exercise", c.Code)
		}
	}
	for _, st := range notes(s, scenario.Entry) {
		if st.Content.Basis == nil {
			t.Errorf("%s has no basis", st.Label)
		}
		if len(st.Content.Texts) > 0 && !slices.Contains(st.Content.Authentic, "en") {
			t.Errorf("%s: the English text is not authentic", st.Label)
		}
	}
}
