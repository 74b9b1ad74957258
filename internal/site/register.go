package site

import (
	"slices"

	"detente/internal/view"
	"detente/matter"
	"detente/note"
)

// matters is the register of a channel, by kind; undertakings as a board.
func (v *visit) matters() error {
	channel, err := v.channel()
	if err != nil {
		return err
	}
	kind := v.r.URL.Query().Get("kind")
	reg, err := view.Matters(v.Node, channel, kind)
	if err != nil {
		return err
	}
	slices.Reverse(reg.Matters) // the latest first
	d := MattersData{Register: reg, Kind: kind}
	for _, k := range matter.Kinds {
		d.Kinds = append(d.Kinds, k.Name)
	}
	if kind == "undertaking" {
		d.Board = board(reg.Matters)
	}
	return v.render("matters", &Page{Title: v.loc.T("Matters"), Channel: &reg.Frame, Data: d})
}

// MattersData is the data of the register's page.
type MattersData struct {
	*view.Register
	Board []Column // undertakings by state; empty for other kinds
	Kind  string   // chosen; empty: all
	Kinds []string
}

// Column is one column of a board.
type Column struct {
	State   string
	Matters []*view.MatterLine
}

// board puts undertakings under their states, in the order of the table.
func board(matters []*view.MatterLine) []Column {
	var out []Column
	for _, m := range matters {
		i := slices.IndexFunc(out, func(c Column) bool { return c.State == m.State })
		if i < 0 {
			i, out = len(out), append(out, Column{State: m.State})
		}
		out[i].Matters = append(out[i].Matters, m)
	}
	order := func(state string) int {
		for _, k := range matter.Kinds {
			if k.Name == "undertaking" {
				return slices.IndexFunc(k.States, func(s matter.StateDoc) bool { return s.Name == state })
			}
		}
		return -1
	}
	slices.SortStableFunc(out, func(a, b Column) int { return order(a.State) - order(b.State) })
	return out
}

// matter is one matter in full, by its kind.
func (v *visit) matter() error {
	channel, id, err := v.named()
	if err != nil {
		return err
	}
	m, err := view.OneMatter(v.Node, channel, id)
	if err != nil {
		return err
	}
	return v.render("matter", &Page{Title: v.loc.T(m.Kind) + " " + m.Short, Channel: &m.Frame, Data: MatterData{Matter: m, Next: next(m)}})
}

// MatterData is the data of a matter's page.
type MatterData struct {
	*view.Matter
	Next []string // acts that the table has open at this stage
}

// next returns the acts of the matter's table that do not only open one: the
// form says of each whether it is open to this party now.
func next(m *view.Matter) []string {
	var out []string
	for _, k := range matter.Kinds {
		if k.Name != m.Kind {
			continue
		}
		for _, a := range k.Acts {
			if slices.Contains(a.From, m.State) || len(a.From) > 0 && !statusOf(k, m.State) {
				out = append(out, k.Name+"/"+a.Name)
			}
		}
	}
	return out
}

// statusOf reports whether a word is one of the stages of a kind: a matter of
// several parts may stand at stages of its parts.
func statusOf(k *matter.Kind, state string) bool {
	return slices.ContainsFunc(k.States, func(s matter.StateDoc) bool { return s.Name == state })
}

// note is one note in full, with what shows that it is whole.
func (v *visit) note() error {
	channel, id, err := v.named()
	if err != nil {
		return err
	}
	n, err := view.OneNote(v.Node, channel, id)
	if err != nil {
		return err
	}
	return v.render("note", &Page{Title: n.Short, Channel: &n.Frame, Data: NoteData{Note: n, Texts: texts(n)}})
}

// NoteData is the data of a note's page.
type NoteData struct {
	*view.Note
	Texts []Slot
}

// Slot is one text of a note in every language that it has.
type Slot struct {
	Name  string
	Words []*view.Words
}

// texts lays the texts of a note out by slot, the authentic ones first.
func texts(n *view.Note) []Slot {
	var out []Slot
	for _, name := range sorted(n.Texts) {
		s := Slot{Name: name}
		langs := sorted(n.Texts[name])
		slices.SortStableFunc(langs, func(a, b string) int {
			return rank(slices.Contains(n.Authentic, a)) - rank(slices.Contains(n.Authentic, b))
		})
		for _, lang := range langs {
			s.Words = append(s.Words, &view.Words{Authentic: n.Authentic, Basis: n.Basis, Handling: n.Handling, Note: n.ID, Party: n.Party, Slot: name,
				Texts: note.Wording{lang: n.Texts[name][lang]}})
		}
		out = append(out, s)
	}
	return out
}

func rank(first bool) int {
	if first {
		return 0
	}
	return 1
}

func sorted[V any](m map[string]V) []string {
	var keys []string
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
