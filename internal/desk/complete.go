package desk

import (
	"fmt"
	"slices"
	"strings"

	"detente/charter"
	"detente/internal/node"
	"detente/internal/view"
	"detente/matter"
	"detente/note"
)

// noMatter says why a name is that of no matter: whoever counts the notes by
// hand meets the acks, which have numbers of their own.
func noMatter(s *node.Snapshot, id note.ID) string {
	if e := s.Register.Entry(id); e != nil && e.Move != nil {
		return fmt.Sprintf("%s is a note on no matter (%s); detente register lists the matters", id.Short(), e.Move.Act)
	}
	return "there is no matter " + id.Short() + " here; detente register lists the matters"
}

// complete fills in what was left out, and asks the charter and the register.
func (d *Desk) complete(out *node.Draft, in Draft, s *node.Snapshot, kind *matter.Kind, act *matter.Act) error {
	rules := s.Docs.Current().Rules()
	if err := office(out, in, s.Party, rules, act); err != nil {
		return err
	}
	if in.Basis != nil && !rules.Exercise {
		return &FieldError{"basis", "a basis stands only in an exercise, and this channel is real"}
	}
	out.Audience = slices.Compact(slices.Sorted(slices.Values(in.Audience)))
	if out.Matter != nil {
		m := s.Register.Matter(*out.Matter)
		switch {
		case m == nil:
			return &FieldError{"matter", noMatter(s, *out.Matter)}
		case m.Kind != kind:
			return &FieldError{"matter", fmt.Sprintf("%s is about a matter of the kind %s, not %s", out.Matter.Short(), m.Kind.Name, kind.Name)}
		case len(out.Audience) > 0 && !slices.Equal(out.Audience, m.Audience):
			return &FieldError{"audience", "later notes on a matter name exactly its audience, " + strings.Join(m.Audience, ", ")}
		}
		id := m.ID // a matter may be named by any of its notes
		out.Matter, out.Audience = &id, m.Audience
		if err := settled(out, s, m, act); err != nil {
			return err
		}
	}
	if len(out.Audience) == 0 {
		for _, m := range s.Docs.Members() {
			if m.Role != charter.Observer && !s.Docs.Left(m.Party) {
				out.Audience = append(out.Audience, m.Party)
			}
		}
		if kind.Addressed && len(out.Audience) > 2 {
			return &FieldError{"audience", fmt.Sprintf("say who is to have the %s: by default it goes to nobody; the parties that speak here are %s", kind.Name, strings.Join(out.Audience, ", "))}
		}
	}
	for _, p := range out.Audience {
		m, ok := rules.Member(p)
		switch {
		case !ok:
			return &FieldError{"audience", fmt.Sprintf("%.20q is not a party of this channel; its parties are %s", p, strings.Join(rules.Parties(), ", "))}
		case m.Role == charter.Observer && m.Scope != charter.ScopeFull:
			return &FieldError{"audience", fmt.Sprintf("%s observes with scope %s, and is addressed nothing", p, m.Scope)}
		}
	}
	if !slices.Contains(out.Audience, s.Party) {
		return &FieldError{"audience", "it must hold the author, " + s.Party}
	}
	if err := localFirst(out, s.Party, rules, act); err != nil {
		return err
	}
	for _, stop := range view.Suspended(s.Register, d.n.Now()) {
		if stop.Party == s.Party && stop.Covers(in.Act, out.Precedence) {
			return &FieldError{"act", fmt.Sprintf("%s has itself suspended %s by %s, until %s; resume it first, or send it flash", s.Party, kind.Name, stop.Note.Short(), stop.End)}
		}
	}
	return nil
}

// localFirst holds an act that opens a matter against the charter's list of
// what goes to the local posts first: the offices that may say it and bind
// nothing. Another office says what they came to, or sends it flash.
func localFirst(out *node.Draft, party string, rules *charter.Rules, act *matter.Act) error {
	if !act.Opens || out.Matter != nil || out.Precedence == "flash" || !rules.IsLocalFirst(out.Act) {
		return nil
	}
	m, _ := rules.Member(party)
	var posts []string
	for _, o := range m.Offices {
		if len(o.Binds) == 0 && rules.MaySay(party, o.Code, out.Act) {
			posts = append(posts, o.Code)
		}
	}
	if _, said := out.Fields["local"]; said || len(posts) == 0 || slices.Contains(posts, out.Office) {
		return nil
	}
	next := "let that office make it, or send it flash"
	if slices.ContainsFunc(act.Fields, func(f matter.Spec) bool { return f.Name == "local" }) {
		next = "let that office make it, say with the field local what the posts came to, or send it flash"
	}
	return &FieldError{"office", fmt.Sprintf("the charter sends %s to the local posts first, here %s: %s", out.Act, strings.Join(posts, ", "), next)}
}

// office takes the office given, or the only one that may make the act.
func office(out *node.Draft, in Draft, party string, rules *charter.Rules, act *matter.Act) error {
	may := func(code string) bool {
		binds, _ := rules.MayBind(party, code, in.Act)
		return rules.MaySay(party, code, in.Act) && (binds || !act.Binds)
	}
	m, _ := rules.Member(party)
	var all, fit []string
	for _, o := range m.Offices {
		all = append(all, o.Code)
		if may(o.Code) {
			fit = append(fit, o.Code)
		}
	}
	switch {
	case in.Office == "" && len(fit) == 1:
		out.Office = fit[0]
	case len(fit) == 0:
		return &FieldError{"office", fmt.Sprintf("the charter lets no office of %s make the act %s", party, in.Act)}
	case in.Office == "":
		return &FieldError{"office", fmt.Sprintf("which office speaks? %s may make this act", strings.Join(fit, ", "))}
	case !slices.Contains(all, in.Office):
		return &FieldError{"office", fmt.Sprintf("%.40q is not an office of %s; its offices are %s", in.Office, party, strings.Join(all, ", "))}
	case !may(in.Office):
		return &FieldError{"office", fmt.Sprintf("the charter does not let the office %s make the act %s; %s may", in.Office, in.Act, strings.Join(fit, ", "))}
	default:
		out.Office = in.Office
	}
	return nil
}
