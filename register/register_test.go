package register

import (
	"maps"
	"slices"
	"testing"
	"time"

	"detente/internal/jcs"
	"detente/matter"
	"detente/note"
)

// A concurrent accept and withdraw: every delivery order gives one picture,
// and none decides for people which of the two came first.
func TestEveryOrderOfACrossedAcceptGivesOnePicture(t *testing.T) {
	w := newWorld(t, "IRN", "PAK")
	offer := w.write("PAK", "undertaking/offer", nil, offerFields("PAK", "IRN"))
	w.see("IRN")
	w.write("IRN", "undertaking/accept", &offer, w.terms(offer))
	w.write("PAK", "undertaking/withdraw", &offer, nil)
	w.ack("IRN")
	w.ack("PAK")
	want := note.Digest{}
	orders := 0
	w.everyOrder(func(r *Register) {
		orders++
		if got := w.picture(r); want.IsZero() {
			want = got
		} else if got != want {
			t.Fatalf("order %d gives another picture", orders)
		}
		m := r.Matter(offer)
		if m.State.Status() != "crossed" || m.Settled == nil || m.Settled.Status() != "crossed" {
			t.Fatalf("the undertaking is %s (settled: %v); want crossed", m.State.Status(), m.Settled)
		}
		if s := m.State.(*matter.UndertakingState); s.InForce != nil {
			t.Fatal("a crossed undertaking binds")
		}
	})
	if orders != 10 { // of 3 and 2 notes: 5!/(3!2!)
		t.Fatalf("%d delivery orders were tried; want 10", orders)
	}

	// People resolve it: both, having seen both notes, say again.
	for _, again := range []struct {
		act  string
		want string
	}{{"undertaking/accept", "in force"}, {"undertaking/withdraw", "withdrawn"}} {
		v := newWorld(t, "IRN", "PAK")
		v.notes = map[string][]Opened{"PAK": append([]Opened{}, w.notes["PAK"]...), "IRN": append([]Opened{}, w.notes["IRN"]...)}
		v.clock = w.clock
		v.see("PAK")
		v.see("IRN")
		if again.act == "undertaking/accept" {
			v.write("PAK", again.act, &offer, v.terms(offer))
			v.write("IRN", again.act, &offer, v.terms(offer))
		} else {
			v.write("PAK", again.act, &offer, nil)
		}
		v.everyOrder(func(r *Register) {
			if got := r.Matter(offer).State.Status(); got != again.want {
				t.Fatalf("after both said %s again it is %s; want %s", again.act, got, again.want)
			}
		})
	}
}

func TestALateNoteIsFoldedWhereItBelongs(t *testing.T) {
	w := newWorld(t, "IRN", "PAK", "TUR")
	offer := w.write("PAK", "undertaking/offer", nil, offerFields("PAK", "IRN"))
	w.see("IRN")
	w.see("TUR")
	w.write("IRN", "undertaking/accept", &offer, w.terms(offer))
	decline := w.write("TUR", "undertaking/decline", &offer, nil)
	r := w.register()
	for _, p := range []string{"PAK", "IRN"} {
		for _, n := range w.notes[p] {
			r.Add(n)
		}
	}
	if got := r.Matter(offer).State.Status(); got != "offered" {
		t.Fatalf("with one of two acceptances it is %s; want offered", got)
	}
	if r.Settled(r.Entry(offer)) {
		t.Fatal("the offer is settled though TUR has said nothing")
	}
	r.Add(w.notes["TUR"][0])
	if got := r.Matter(offer).State.Status(); got != "declined" {
		t.Fatalf("after TUR's note it is %s; want declined", got)
	}
	if r.Settled(r.Entry(decline)) || !r.Settled(r.Entry(offer)) {
		t.Fatal("want the offer settled, and the declining note not")
	}
}

func TestANoteWaitsForItsPast(t *testing.T) {
	w := newWorld(t, "IRN", "PAK")
	offer := w.write("PAK", "undertaking/offer", nil, offerFields("PAK"))
	w.see("IRN")
	accept := w.write("IRN", "undertaking/accept", &offer, w.terms(offer))
	r := w.register()
	r.Add(w.notes["IRN"][0])
	if e := r.Entry(accept); e.Result != Waiting {
		t.Fatalf("the acceptance is %s before the offer is held; want waiting", e.Result)
	}
	if _, ok := r.Picture(w.parties(), w.heads()); ok {
		t.Fatal("there is a picture of what is not folded")
	}
	r.Add(w.notes["PAK"][0])
	if e := r.Entry(accept); e.Result != Applied {
		t.Fatalf("the acceptance is %s (%s) after the offer came; want applied", e.Result, e.Reason)
	}
}

func TestAMissingPayloadIsFoldedWhenItArrives(t *testing.T) {
	w := newWorld(t, "IRN", "PAK")
	offer := w.write("PAK", "undertaking/offer", nil, offerFields("PAK"))
	w.see("IRN")
	accept := w.write("IRN", "undertaking/accept", &offer, w.terms(offer))
	full := w.fold(func(left []string) string { return left[0] })
	r := w.register()
	r.Add(Opened{Header: w.notes["PAK"][0].Header, Trouble: Missing})
	r.Add(w.notes["IRN"][0])
	if e := r.Entry(accept); e.Result != OutOfOrder {
		t.Fatalf("the acceptance is %s while the offer's payload is missing; want out of order", e.Result)
	}
	if w.picture(r) == w.picture(full) {
		t.Fatal("the picture does not show that a payload is missing")
	}
	r.Replace(w.notes["PAK"][0])
	if e := r.Entry(accept); e.Result != Applied {
		t.Fatalf("the acceptance is %s (%s) after the payload came; want applied", e.Result, e.Reason)
	}
	if w.picture(r) != w.picture(full) {
		t.Fatal("after the payload came the picture still differs")
	}
}

// The picture over earlier heads is the same for one who holds more.
func TestThePictureOfEarlierHeads(t *testing.T) {
	w := newWorld(t, "IRN", "PAK")
	var at []map[string]uint64
	var pictures []note.Digest
	step := func() {
		at = append(at, w.heads())
		pictures = append(pictures, w.picture(w.fold(func(left []string) string { return left[0] })))
	}
	mission := map[string]any{"sending": "PAK", "receiving": "IRN", "head": "recalled-for-consultations"}
	w.write("PAK", "mission/change", nil, mission)
	step()
	w.write("IRN", "mission/change", nil, map[string]any{"sending": "PAK", "receiving": "IRN", "head": "non-grata"})
	step()
	w.see("PAK")
	first := w.write("PAK", "incident/report", nil, map[string]any{"when": "2024-01-16", "where": "PK/Balochistan/Koh-e-Sabz", "nature": "air-strike"})
	step()
	w.see("IRN")
	w.write("IRN", "incident/question", &first, nil)
	step()
	all := w.fold(func(left []string) string { return left[len(left)-1] })
	seen := map[note.Digest]bool{}
	for i := range at {
		got, ok := all.Picture(w.parties(), at[i])
		if !ok || got != pictures[i] {
			t.Errorf("after note %d: the later reader's picture of those heads differs", i+1)
		}
		if seen[got] {
			t.Errorf("after note %d: the picture is that of an earlier state", i+1)
		}
		seen[got] = true
	}
}

func TestClocks(t *testing.T) {
	w := newWorld(t, "IRN", "PAK")
	report := w.write("PAK", "incident/report", nil, map[string]any{"when": "2024-01-16", "where": "PK/Balochistan/Koh-e-Sabz", "nature": "air-strike"})
	question := w.write("PAK", "incident/question", &report, nil)
	due := w.start.Add(w.clock + 48*time.Hour)
	for _, c := range []struct {
		answered, held time.Duration // after the question; 0: not at all
		want           ClockState
	}{
		{0, 0, DueUnreported},
		{47 * time.Hour, 0, Undecided},
		{47 * time.Hour, 47*time.Hour + 30*time.Minute, Met},
		{47 * time.Hour, 49 * time.Hour, Undecided},
		{49 * time.Hour, 50 * time.Hour, Late},
	} {
		v := newWorld(t, "IRN", "PAK")
		v.notes = map[string][]Opened{"PAK": append([]Opened{}, w.notes["PAK"]...)}
		if c.answered > 0 {
			v.see("IRN")
			v.clock = w.clock + c.answered - time.Minute
			v.write("IRN", "incident/clarify", &report, map[string]any{"question": question.String()})
		}
		if c.held > 0 {
			v.clock = w.clock + c.held - time.Minute
			v.ack("PAK")
		}
		r := v.fold(func(left []string) string { return left[0] })
		clocks := r.At(due.Add(time.Hour))
		if len(clocks) != 1 || clocks[0].State != c.want || clocks[0].Owes != "IRN" {
			t.Errorf("answered after %v, held after %v: %+v; want one clock of IRN, %s", c.answered, c.held, clocks, c.want)
		}
	}
	r := w.fold(func(left []string) string { return left[0] })
	if c := r.At(due)[0]; c.State != Running {
		t.Errorf("at the deadline itself it is %s; want running", c.State)
	}
}

// RFC 8785 sorts names; our encoder keeps the order of declaration. A state
// whose fields are declared out of order would have a digest that no second
// implementation could find.
func TestStatesEncodeCanonically(t *testing.T) {
	w := newWorld(t, "IRN", "PAK")
	everything(w)
	r := w.fold(func(left []string) string { return left[0] })
	kinds := map[string]bool{}
	for _, m := range r.Matters() {
		kinds[m.Kind.Name] = true
		b, err := jcs.Marshal(m.State)
		if err != nil {
			t.Fatal(err)
		}
		var v map[string]any
		if err := jcs.Unmarshal(b, &v); err != nil {
			t.Errorf("%s: %v\n%s", m.Kind.Name, err, b)
		}
	}
	for _, k := range matter.Kinds {
		if !kinds[k.Name] {
			t.Errorf("no %s was tried", k.Name)
		}
	}
	for _, e := range r.Entries() {
		if e.Result != Applied {
			t.Errorf("%s %s is %s: %s", e.ID.Short(), e.Move.Act, e.Result, e.Reason)
		}
	}
}

// everything writes at least one note of every kind, all of them in order.
func everything(w *world) {
	say := func(party, act string, matter *note.ID, fields map[string]any) note.ID {
		w.see(party)
		return w.write(party, act, matter, fields)
	}
	msg := say("PAK", "message/send", nil, map[string]any{"form": "note-verbale", "goodwill": true, "answer-by": "2024-01-20T12:00:00+05:00[Asia/Karachi]"})
	say("PAK", "message/correct", &msg, nil)
	say("IRN", "message/answer", &msg, map[string]any{"grade": "confirmed"})
	say("IRN", "line/test", nil, map[string]any{"use": "test"})
	sus := say("IRN", "line/suspend", nil, map[string]any{"reason": "protest", "scope": []any{"talk"}, "end": "none"})
	say("IRN", "line/resume", &sus, nil)
	inc := say("PAK", "incident/report", nil, map[string]any{"when": "2024-01-16", "where": "PK/Balochistan/Koh-e-Sabz", "nature": "air-strike", "killed": int64(2), "injured": int64(3)})
	say("IRN", "incident/account", &inc, map[string]any{"own": "deliberate", "in-response-to": msg.String()})
	q := say("PAK", "incident/question", &inc, nil)
	say("IRN", "incident/clarify", &inc, map[string]any{"question": q.String()})
	say("PAK", "incident/protest", &inc, nil)
	say("PAK", "incident/settle", &inc, nil)
	say("IRN", "incident/settle", &inc, nil)
	off := say("PAK", "undertaking/offer", nil, offerFields("PAK", "IRN"))
	say("IRN", "undertaking/accept", &off, w.terms(off))
	say("IRN", "undertaking/extend", &off, map[string]any{"part": int64(1), "due": "2024-01-28T23:59:00+05:00[Asia/Karachi]"})
	say("PAK", "undertaking/report", &off, map[string]any{"part": int64(1), "when": "2024-01-26"})
	say("IRN", "undertaking/confirm", &off, map[string]any{"part": int64(1)})
	say("PAK", "mission/change", nil, map[string]any{"sending": "PAK", "receiving": "IRN", "head": "recalled-for-consultations", "acting": "charge-daffaires", "protecting": "CHE"})
	tlk := say("PAK", "talk/propose", nil, map[string]any{"form": "telephone", "when": "2024-01-19", "level": "foreign ministers"})
	say("IRN", "talk/agree", &tlk, nil)
	say("PAK", "talk/held", &tlk, map[string]any{"when": "2024-01-19", "called-by": "PAK"})
	ro := say("PAK", "talk/readout", &tlk, map[string]any{"points": []any{map[string]any{"topic": "trust"}, map[string]any{"topic": "sovereignty"}}})
	say("IRN", "talk/readout", &tlk, map[string]any{"points": []any{map[string]any{"topic": "security"}, map[string]any{"topic": "trust"}}})
	say("IRN", "talk/mark", &tlk, map[string]any{"readout": ro.String(), "point": int64(1), "as": "agreed", "with": int64(2)})
	say("IRN", "talk/reserve", &tlk, map[string]any{"readout": ro.String(), "point": int64(2)})
	dos := say("PAK", "dossier/share", nil, shareFields(2))
	say("IRN", "dossier/received", &dos, nil)
	say("IRN", "dossier/answer", &dos, answers(1, "inquiring", 2, "insufficient"))
	say("PAK", "dossier/supplement", &dos, map[string]any{"items": shareFields(1)["items"]})
	say("PAK", "dossier/retract", &dos, map[string]any{"item": int64(2)})
	say("IRN", "dossier/answer", &dos, answers(1, "found", 3, "declined"))
	say("PAK", "dossier/close", &dos, nil)
	say("IRN", "dossier/close", &dos, nil)
	req := say("IRN", "request/make", nil, map[string]any{"for": "action", "to": "PAK", "territory": "PAK", "needed-by": "none",
		"cites": []any{map[string]any{"dossier": dos.String(), "item": int64(1)}}})
	say("PAK", "request/acknowledge", &req, nil)
	say("PAK", "request/accept", &req, w.terms(req))
	say("PAK", "request/progress", &req, nil)
	say("PAK", "request/complete", &req, nil)
	say("IRN", "request/unsatisfied", &req, nil)
	say("PAK", "request/complete", &req, nil)
	say("IRN", "request/satisfied", &req, nil)
	grp := say("IRN", "group/convene", nil, map[string]any{"form": "commission", "name": "Border commission", "level": "directors general", "half": "coordination", "chairs": []any{map[string]any{"by": "IRN", "post": "director"}}})
	held := map[string]any{"held": "2024-02-01", "items": []any{map[string]any{"as": "noted"}, map[string]any{"as": "decision", "by": "PAK"}}}
	min := say("IRN", "group/minutes", &grp, held)
	held = map[string]any{"held": "2024-02-01", "items": held["items"], "replaces": min.String()}
	min = say("PAK", "group/minutes", &grp, held)
	say("IRN", "group/approve", &grp, w.terms(min))
	say("PAK", "group/approve", &grp, w.terms(min))
	say("PAK", "group/decide", &grp, map[string]any{"minutes": min.String(), "item": int64(2), "undertaking": off.String()})
	say("IRN", "group/close", &grp, nil)
	say("PAK", "group/close", &grp, nil)
	sta := say("PAK", "statement/draft", nil, statementFields("clauses"))
	pro := say("IRN", "statement/propose", &sta, statementFields("clauses", "release", "half"))
	clause := map[string]any{"terms": w.terms(pro)["terms"], "clause": int64(1)}
	say("PAK", "statement/accept", &sta, clause)
	say("PAK", "statement/object", &sta, clause)
	say("IRN", "statement/abandon", &sta, nil)
	moment, _ := matter.FormatInstant(w.start.Add(w.clock+4*time.Minute), "UTC")
	counter := statementFields("clauses")
	counter["release"] = moment
	pro = say("PAK", "statement/propose", &sta, counter)
	say("IRN", "statement/sign", &sta, map[string]any{"terms": w.terms(pro)["terms"], "release": moment})
	say("PAK", "statement/sign", &sta, map[string]any{"terms": w.terms(pro)["terms"], "release": moment})
	say("PAK", "statement/release", &sta, map[string]any{"when": "2024-02-02", "outlet": "the ministry's page"})
	cas := say("PAK", "case/open", nil, map[string]any{"status": "missing", "persons": int64(2), "nationality": "N", "where": "IR/Sistan and Baluchestan/Chabahar", "since": "2024-01-10", "held-by": "IRN",
		"consular": "notification", "offices": []any{"PAK/consular", "IRN/consular"}})
	say("IRN", "case/answer", &cas, map[string]any{"grade": "held"})
	say("PAK", "case/access", &cas, map[string]any{"step": "requested", "when": "2024-01-20"})
	say("IRN", "case/access", &cas, map[string]any{"step": "granted"})
	tra := say("PAK", "case/transfer", &cas, map[string]any{"step": "proposed", "from": "IRN", "to": "PAK", "by": "none"})
	say("IRN", "case/transfer", &cas, map[string]any{"step": "declined", "transfer": tra.String()})
	say("IRN", "case/transfer", &cas, map[string]any{"step": "agreed", "transfer": tra.String(), "terms": w.terms(tra)["terms"]})
	say("IRN", "case/transfer", &cas, map[string]any{"step": "done", "transfer": tra.String()})
	say("PAK", "case/close", &cas, nil)
	han := say("IRN", "handover/open", nil, map[string]any{"what": "lists", "commit-by": "2024-01-20T12:00:00+05:00[Asia/Karachi]", "reveal-by": "none"})
	say("PAK", "handover/commit", &han, map[string]any{"digest": list("PAK").String()})
	say("IRN", "handover/commit", &han, map[string]any{"digest": list("IRN").String()})
	say("PAK", "handover/reveal", &han, nil)
	w.carry(say("PAK", "handover/reveal", &han, nil), list("PAK"))
}

// statementFields returns those of a proposal's fields that are named.
func statementFields(names ...string) map[string]any {
	all := map[string]any{"clauses": []any{map[string]any{"topic": "ambassadors"}, map[string]any{"topic": "trust"}}, "release": "2024-03-22T12:00:00+05:00[Asia/Karachi]", "half": "de-escalation"}
	maps.DeleteFunc(all, func(name string, _ any) bool { return !slices.Contains(names, name) })
	return all
}

func BenchmarkFold(b *testing.B) {
	w := newWorld(&testing.T{}, "IRN", "PAK")
	for range 100 {
		everything(w)
		w.ack("IRN")
		w.ack("PAK")
	}
	var notes []Opened // the two feeds by turns
	for i := range max(len(w.notes["IRN"]), len(w.notes["PAK"])) {
		for _, p := range w.parties() {
			notes = append(notes, w.notes[p][min(i, len(w.notes[p])):min(i+1, len(w.notes[p]))]...)
		}
	}
	for name, read := range map[string]func(*Register){
		"state":   func(r *Register) { r.Matters() },  // of every matter, and what of it is settled
		"picture": func(r *Register) { w.picture(r) }, // the digests of all of them too
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			n := 0
			for b.Loop() {
				r := w.register()
				for _, note := range notes {
					r.Add(note)
				}
				read(r)
				n += len(notes)
			}
			b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "notes/s")
		})
	}
}

// BenchmarkPicture is the picture of an ack among 20,000 matters, one of them
// new.
func BenchmarkPicture(b *testing.B) {
	w := newWorld(&testing.T{}, "IRN", "PAK")
	r := w.register()
	letter := func() {
		w.write("PAK", "message/send", nil, map[string]any{"form": "letter"})
		r.Add(w.notes["PAK"][len(w.notes["PAK"])-1])
	}
	for range 20_000 {
		letter()
	}
	w.picture(r)
	b.ReportAllocs()
	for b.Loop() {
		letter()
		w.picture(r)
	}
}

// "What is settled never changes": a facilitator may still propose, and a
// payload that comes late stands where its note does.
func TestWhatMaySortBeforeIsNotSettled(t *testing.T) {
	w := newWorld(t, "IRN", "OMN", "PAK")
	w.rules["OMN"] = "facilitator"
	msg := w.write("PAK", "message/send", nil, map[string]any{"form": "letter"})
	w.ack("IRN")
	w.ack("PAK")
	r := w.fold(func(left []string) string { return left[0] })
	if r.Settled(r.Entry(msg)) {
		t.Fatal("it is settled though the facilitator can still write a note that sorts before it")
	}
	w.ack("OMN")
	if r = w.fold(func(left []string) string { return left[0] }); !r.Settled(r.Entry(msg)) {
		t.Fatal("it is not settled though everyone who may act has seen it")
	}

	r = w.register()
	r.Leave("OMN")
	for _, p := range []string{"PAK", "IRN"} {
		for _, n := range w.notes[p] {
			r.Add(n)
		}
	}
	if r.Settled(r.Entry(msg)) {
		t.Fatal("it is settled though a feed of the party that left is not whole")
	}
	r.Freeze(origin("OMN"), 0)
	if !r.Settled(r.Entry(msg)) {
		t.Fatal("it waits for a party that has left, and whose feed is whole")
	}

	v := newWorld(t, "IRN", "PAK")
	first := v.write("PAK", "message/send", nil, map[string]any{"form": "letter"})
	second := v.write("PAK", "message/send", nil, map[string]any{"form": "letter"})
	v.ack("IRN")
	r = v.register()
	r.Add(Opened{Header: v.notes["PAK"][0].Header, Trouble: Missing})
	r.Add(v.notes["PAK"][1])
	r.Add(v.notes["IRN"][0])
	if r.Settled(r.Entry(second)) {
		t.Fatal("it is settled though the payload of a note before it has not come")
	}
	r.Replace(v.notes["PAK"][0])
	if !r.Settled(r.Entry(first)) || !r.Settled(r.Entry(second)) {
		t.Fatal("with the payload there, both are not settled")
	}
}

// A side cannot take back a point that the other marked as agreed by giving
// another readout.
func TestALaterReadoutStandsBesideTheEarlier(t *testing.T) {
	w := newWorld(t, "IRN", "PAK")
	points := func(topic string) map[string]any {
		return map[string]any{"points": []any{map[string]any{"topic": topic}}}
	}
	talk := w.write("PAK", "talk/held", nil, map[string]any{"form": "telephone", "when": "2024-01-19", "level": "ministers"})
	first := w.write("PAK", "talk/readout", &talk, points("border"))
	w.see("IRN")
	w.write("IRN", "talk/mark", &talk, map[string]any{"readout": first.String(), "point": int64(1), "as": "agreed"})
	w.see("PAK")
	w.write("PAK", "talk/readout", &talk, points("other"))
	s := w.fold(func(left []string) string { return left[0] }).Matter(talk).State.(*matter.TalkState)
	rows := s.Compare()
	if len(rows) != 2 || rows[0].Topic != "border" || len(rows[0].Points[0].Marks) != 1 || rows[1].Topic != "other" {
		t.Fatalf("the readouts laid side by side: %+v", rows)
	}
}
