package ladder

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"detente/matter"
	"detente/note"
)

var update = flag.Bool("update", false, "write docs/ladder.md again")

func TestDocs(t *testing.T) {
	const path = "../../docs/ladder.md"
	if *update {
		if err := os.WriteFile(path, []byte(Markdown()), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != Markdown() {
		t.Errorf("%s is not what the tables say; run go test ./internal/ladder -update", path)
	}
}

// TestEveryAct wants every act of every kind in the table or passed over on
// purpose: whoever adds an act says here what it means.
func TestEveryAct(t *testing.T) {
	for _, name := range matter.Acts() {
		if inTable, neutral := rows[name] != nil, slices.Contains(Neutral, name); inTable == neutral {
			t.Errorf("%s: in Table %v, in Neutral %v; want it in one of them", name, inTable, neutral)
		}
	}
	for _, name := range Neutral {
		if _, _, ok := matter.Find(name); !ok {
			t.Errorf("Neutral names %s, which is no act", name)
		}
	}
}

// TestTable holds every row against the act that it is about.
func TestTable(t *testing.T) {
	used := map[string]bool{}
	for i := range Table {
		r := &Table[i]
		_, act, ok := matter.Find(r.Act)
		if !ok {
			t.Errorf("%s is no act", r.Act)
			continue
		}
		field := func(name string) *matter.Spec {
			at := slices.IndexFunc(act.Fields, func(s matter.Spec) bool { return s.Name == name })
			if at < 0 {
				t.Errorf("%s has no field %q", r.Act, name)
				return &matter.Spec{}
			}
			return &act.Fields[at]
		}
		for name, words := range r.Where {
			s := field(name)
			for _, w := range words {
				if known := s.Type == matter.TypeFlag && w == "true" || slices.Contains(s.Words, w); !known && w != "" {
					t.Errorf("%s: %s is never %q", r.Act, name, w)
				}
			}
		}
		if r.On != "" && field(r.On).Type != matter.TypeDate {
			t.Errorf("%s: %s is no date", r.Act, r.On)
		}
		if r.Ends.Field != "" {
			field(r.Ends.Field)
		}
		if r.Ends.At != "" {
			field(r.Ends.At)
		}
		if _, _, ok := matter.Find(r.Ends.Act); r.Ends.Act != "" && !ok {
			t.Errorf("%s ends by %s, which is no act", r.Act, r.Ends.Act)
		}
		if r.Rung < 0 || r.Rung >= len(Rungs) || r.Rung > ordinary && r.Step {
			t.Errorf("%s: rung %d, step %v", r.Act, r.Rung, r.Step)
		}
		if _, ok := Scale[r.Code]; r.Code != "" && !ok {
			t.Errorf("%s has the code %s, which the scale has not", r.Act, r.Code)
		}
		used[r.Code] = true
	}
	for code := range Scale {
		if !used[code] {
			t.Errorf("no act has the code %s", code)
		}
	}
}

// TestOwnActs wants whatever a party says of its own act to raise it, by one
// row: a kind of event that is added later too.
func TestOwnActs(t *testing.T) {
	for _, name := range []string{"incident/report", "incident/account"} {
		_, act, _ := matter.Find(name)
		words := func(field string) []string {
			return act.Fields[slices.IndexFunc(act.Fields, func(s matter.Spec) bool { return s.Name == field })].Words
		}
		for _, own := range words("own") {
			for _, nature := range words("nature") {
				r := new(record).on("2024-01-16")
				r.act("PAK", name, note.ID{}, "own", own, "nature", nature)
				if s := r.read(t, "", "2024-01-16").Days[0].Sides[1]; len(s.Acts) != 1 || s.Rung < unintended {
					t.Errorf("%s, own %s, nature %s: %+v", name, own, nature, s)
				}
			}
		}
	}
}

// record makes acts, one after the other.
type record struct {
	acts []Act
	now  time.Time
}

func (r *record) on(day string) *record {
	r.now, _ = time.Parse(time.DateOnly, day)
	return r
}

func (r *record) act(party, name string, on note.ID, pairs ...string) note.ID {
	id := note.ID{Origin: note.Origin(party, note.Sum(nil), 1), Index: uint64(len(r.acts))}
	if on == (note.ID{}) {
		on = id
	}
	a := Act{Note: id, Matter: on, Name: name, Fields: map[string]any{}, Party: party, Time: r.now.Add(time.Duration(len(r.acts)) * time.Minute)}
	for i := 0; i < len(pairs); i += 2 {
		a.Fields[pairs[i]] = pairs[i+1]
	}
	r.acts = append(r.acts, a)
	return id
}

var sides = []string{"IRN", "PAK"}

// rungs writes a reading in short: 16: 7/1, 17 to 19: 2/0.
func rungs(v *Reading) string {
	var out []string
	for _, d := range v.Days {
		days := d.From[8:]
		if d.To != d.From {
			days += " to " + d.To[8:]
		}
		out = append(out, fmt.Sprintf("%s: %d/%d", days, d.Sides[0].Rung, d.Sides[1].Rung))
	}
	return strings.Join(out, ", ")
}

func (r *record) read(t *testing.T, since, until string) *Reading {
	t.Helper()
	v, err := Read(r.acts, sides, since, until)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// TestOnlyOwnActs: whatever one side says, by any act and any word of it, the
// other stays where it is.
func TestOnlyOwnActs(t *testing.T) {
	for _, name := range matter.Acts() {
		_, act, _ := matter.Find(name)
		fields := [][]string{nil}
		for _, s := range act.Fields {
			for _, w := range s.Words {
				fields = append(fields, []string{s.Name, w}, []string{s.Name, w, "own", "deliberate"}, []string{s.Name, w, "own", "accident"})
			}
		}
		for _, pairs := range fields {
			r := new(record).on("2024-01-16")
			r.act("PAK", name, note.ID{}, pairs...)
			for _, d := range r.read(t, "", "2024-01-18").Days {
				if s := d.Sides[0]; s.Rung != 0 || len(s.Acts)+len(s.Steps) != 0 || s.Score != nil {
					t.Errorf("%s %v by PAK puts IRN on %d: %+v", name, pairs, s.Rung, s)
				}
			}
		}
	}
}

// TestAccusedAndAcknowledged: the report of a strike raises nobody; the word
// of the side whose act it was raises it, as far as that word goes, on the day
// that it names.
func TestAccusedAndAcknowledged(t *testing.T) {
	for _, c := range []struct {
		pairs []string
		want  string
	}{
		{nil, "16 to 17: 0/0"},
		{[]string{"own", "deliberate", "nature", "strike", "when", "2024-01-16"}, "16: 7/0, 17: 0/0"},
		{[]string{"own", "deliberate", "nature", "strike"}, "16: 0/0, 17: 7/0"}, // it does not say when
		{[]string{"own", "deliberate", "when", "2024-01-16"}, "16: 5/0, 17: 0/0"},
		{[]string{"own", "deliberate", "nature", "detention", "when", "2024-01-16"}, "16: 5/0, 17: 0/0"},
		{[]string{"own", "accident", "nature", "strike", "when", "2024-01-16T04:00:00+03:30[Asia/Tehran]"}, "16: 4/0, 17: 0/0"},
		{[]string{"own", "unauthorised", "when", "2024-01-16"}, "16: 4/0, 17: 0/0"},
		{[]string{"nature", "strike", "when", "2024-01-16"}, "16 to 17: 0/0"},
	} {
		r := new(record).on("2024-01-16")
		inc := r.act("PAK", "incident/report", note.ID{}, "nature", "air-strike", "when", "2024-01-16")
		r.on("2024-01-17").act("IRN", "incident/account", inc, c.pairs...)
		if got := rungs(r.read(t, "2024-01-16", "2024-01-17")); got != c.want {
			t.Errorf("%q: got %s, want %s", c.pairs, got, c.want)
		}
	}
}

// TestStanding: a recall stands until the mission is changed again, a
// suspension until it is lifted or runs out; what was done stands for its day.
func TestStanding(t *testing.T) {
	r := new(record).on("2024-01-16")
	r.act("PAK", "incident/protest", note.ID{})
	mission := r.on("2024-01-17").act("PAK", "mission/change", note.ID{}, "head", "recalled-for-consultations", "when", "2024-01-17")
	line := r.on("2024-01-18").act("IRN", "line/suspend", note.ID{}, "reason", "protest", "end", "2024-01-22T12:00:00+03:30[Asia/Tehran]")
	r.act("IRN", "line/suspend", note.ID{}, "reason", "maintenance", "end", "none")
	r.on("2024-01-19").act("PAK", "mission/change", mission, "acting", "charge-daffaires")
	r.on("2024-01-20").act("IRN", "line/resume", line)
	back := r.on("2024-01-27").act("PAK", "mission/change", mission, "head", "in-post", "when", "2024-01-26")
	if got, want := rungs(r.read(t, "", "2024-01-30")), "16: 0/1, 17: 0/2, 18: 2/2, 19: 2/2, 20: 0/2, 21 to 25: 0/2, 26: 0/0, 27 to 30: 0/0"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	v := r.read(t, "2024-01-21", "2024-01-22")
	if got := rungs(v); got != "21 to 22: 0/2" {
		t.Errorf("two quiet days: %s", got)
	}
	if acts := v.Days[0].Sides[1].Acts; len(acts) != 1 || acts[0].Note != mission || acts[0].Day != "2024-01-17" || v.Days[0].Sides[1].Score != nil {
		t.Errorf("what stands is told by %+v, score %v", acts, v.Days[0].Sides[1].Score)
	}
	s := r.read(t, "", "2024-01-30").Sides[1]
	if s.Rung != 0 || len(s.Acts) != 0 || s.Highest == nil || s.Highest.Rung != 2 || s.Highest.Day != "2024-01-25" || s.Highest.Acts[0].Note != mission || s.Step == nil || s.Step.Note != back {
		t.Errorf("on the last day: %+v", s)
	}

	r = new(record).on("2024-01-18")
	r.act("IRN", "line/suspend", note.ID{}, "reason", "protest", "end", "2024-01-20T12:00:00+03:30[Asia/Tehran]")
	if got, want := rungs(r.read(t, "", "2024-01-21")), "18: 2/0, 19: 2/0, 20: 0/0, 21: 0/0"; got != want {
		t.Errorf("a suspension with an end: got %s, want %s", got, want)
	}
}

// TestScore: one count for each code, side and day, however many notes; two
// sides' and two days' scores are never one.
func TestScore(t *testing.T) {
	r := new(record).on("2024-01-19")
	for range 20 {
		r.act("PAK", "talk/propose", note.ID{})
		r.act("PAK", "talk/agree", note.ID{})
	}
	r.act("PAK", "incident/protest", note.ID{})
	r.act("IRN", "incident/regret", note.ID{})
	r.on("2024-01-20").act("PAK", "incident/protest", note.ID{})
	v := r.read(t, "", "2024-01-20")
	s := v.Days[0].Sides[1].Score
	if s.Sum != 2 || len(s.Counts) != 2 || s.Counts[0].Code != "036" || len(s.Counts[0].Notes) != 40 || s.Counts[1].Weight != -2 {
		t.Errorf("19 January, PAK: %+v", s)
	}
	if got := v.Days[0].Sides[0].Score.Sum; got != 3.4 {
		t.Errorf("19 January, IRN: %v", got)
	}
	if got := v.Days[1].Sides[1].Score.Sum; got != -2 {
		t.Errorf("20 January, PAK: %v", got)
	}
}

// TestBrings: an acceptance is a step of all who had agreed, and only where it
// brings the undertaking into force.
func TestBrings(t *testing.T) {
	r := new(record).on("2024-01-22")
	r.act("IRN", "undertaking/accept", note.ID{})
	if v := r.read(t, "", "2024-01-22"); len(v.Days[0].Sides[0].Steps) != 0 {
		t.Errorf("an acceptance that crossed a withdrawal: %+v", v.Days[0].Sides[0])
	}
	r.acts[0].Brought, r.acts[0].With = "in force", []string{"PAK", "TUR"}
	for _, s := range r.read(t, "", "2024-01-22").Days[0].Sides {
		if len(s.Steps) != 1 || s.Steps[0].Note != r.acts[0].Note || s.Score.Sum != 8 {
			t.Errorf("%s: %+v", s.Party, s)
		}
	}
}

// TestWindow: a part of the time reads as it does within the whole, and every
// day is there once.
func TestWindow(t *testing.T) {
	r := new(record).on("2024-01-16")
	r.act("PAK", "incident/protest", note.ID{})
	r.act("IRN", "incident/report", note.ID{}, "own", "deliberate", "nature", "shelling", "when", "0001-01-01")
	m := r.on("2024-01-20").act("PAK", "mission/change", note.ID{}, "relations", "broken")
	r.on("2024-01-25").act("PAK", "mission/change", m, "relations", "normal", "when", "9999-12-31")
	whole := r.read(t, "", "9999-12-31")
	for _, v := range []*Reading{whole, r.read(t, "2024-01-18", "2024-01-26"), r.read(t, "2024-01-20", "2024-01-20")} {
		next := v.Since
		for _, d := range v.Days {
			if d.From != next || d.To < d.From {
				t.Fatalf("after %s comes %+v", next, d)
			}
			i := slices.IndexFunc(whole.Days, func(w Day) bool { return w.From <= d.From && d.From <= w.To })
			for n := range sides {
				if w := whole.Days[i].Sides[n]; d.Sides[n].Rung != w.Rung || len(d.Sides[n].Acts) != len(w.Acts) {
					t.Errorf("%s: %+v, in the whole %+v", d.From, d.Sides[n], w)
				}
			}
			if d.To == v.Until {
				next = ""
				continue
			}
			next = plus(d.To, 1)
		}
		if next != "" {
			t.Errorf("it ends before %s, not on %s", next, v.Until)
		}
	}
	for _, days := range [][2]string{{"2024-01-18", "2024-01-17"}, {"yesterday", "2024-01-17"}, {"", "2024-02-30"}, {"", ""}} {
		if _, err := Read(nil, sides, days[0], days[1]); err == nil {
			t.Errorf("%q to %q was taken", days[0], days[1])
		}
	}
	if v, err := Read(nil, sides, "", "2024-01-17"); err != nil || rungs(v) != "17: 0/0" || v.Sides[0].Highest != nil {
		t.Errorf("without an act: %+v, %v", v, err)
	}
}
