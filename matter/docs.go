package matter

import (
	"fmt"
	"slices"
	"strings"
)

// Example returns the arguments of a command that makes the act: every field
// and text that it must have. It is made from the table, like all the rest.
func Example(kind *Kind, act *Act) []string {
	args := []string{"send", kind.Name + "/" + act.Name}
	switch {
	case kind.InHouse && act.Opens:
		args = []string{kind.Name, act.Name}
	case kind.InHouse:
		args = []string{kind.Name, act.Name, "H1"}
	case !act.Opens:
		args = append(args, "--matter", "PAK#3")
	}
	for i := range act.Fields {
		switch s := &act.Fields[i]; {
		case kind == &Message && s.Name == csTo.Name: // somebody outside, not a party
			args = append(args, "--"+s.Name, "A Newspaper")
		case s.Required:
			args = append(args, "--"+s.Name, exampleValue(s))
		}
	}
	args = append(args, also[kind.Name+"/"+act.Name]...)
	for _, t := range act.Texts {
		if t.Required {
			slot := t.Name
			if t.Numbered {
				slot += "/1"
			}
			if kind.InHouse {
				args = append(args, "--"+slot, "Words, as they are.")
			} else {
				args = append(args, "--text", slot+"=Words of the author.")
			}
		}
	}
	return args
}

// examples are values for fields by name, where any value of the type would
// not read sensibly.
var examples = map[string]string{
	"hours": "all hours, Asia/Karachi", "information": "2", "kind": "route", "level": "foreign ministers", "name": "Joint border commission",
	"outlet": "a daily newspaper", "post": "Foreign Office operations room",
	"receiving": "IRN", "source": "B", "speaker": "a spokesperson of the foreign ministry", "subject": "Border crossings", "telephone": "+92 51 000 0000", "tlp": "amber", "to": "IRN",
	"who": "duty officers of both ministries",
}

// also is what an example says beside what its table requires.
var also = map[string][]string{
	"case/transfer":  {"--from", "PAK", "--to", "IRN", "--by", "2024-01-26T23:59[Asia/Karachi]"},
	"mission/change": {"--head", "in-post"},                                   // it must change something
	"talk/held":      {"--form", "telephone", "--level", "foreign ministers"}, // it may open the talk
}

func exampleValue(s *Spec) string {
	if v, ok := examples[s.Name]; ok && (s.Type != TypeEnum || slices.Contains(s.Words, v)) {
		return v
	}
	switch s.Type {
	case TypeEnum:
		return s.Words[0]
	case TypeInstant, TypeEnd:
		return "2024-01-26T23:59[Asia/Karachi]"
	case TypeDate:
		return "2024-01-16"
	case TypePlace, TypeDistrict:
		return "IR/Sistan and Baluchestan/Saravan"
	case TypeCode:
		return "PAK"
	case TypeRef, TypeRefs:
		return "IRN#5"
	case TypeHash:
		return "PAK#3"
	case TypeNumber:
		return "1"
	case TypeFlag:
		return "true"
	case TypeOffices:
		return "IRN/consular"
	case TypeList:
		var pairs []string
		for i := range s.Of {
			if s.Of[i].Required {
				pairs = append(pairs, s.Of[i].Name+"="+exampleValue(&s.Of[i]))
			}
		}
		return strings.Join(pairs, " ")
	case TypeNames:
		return "talk"
	}
	return "IRN" // a line that says who
}

// Quote writes arguments as a shell takes them.
func Quote(args []string) string {
	out := make([]string, len(args))
	for i, a := range args {
		if strings.ContainsAny(a, " #[]'\"$*?;&|<>()") {
			a = "'" + strings.ReplaceAll(a, "'", `'\''`) + "'"
		}
		out[i] = a
	}
	return strings.Join(out, " ")
}

// Markdown returns docs/acts.md: every kind with its states and acts, and with
// what is given for it by name, a worked example.
func Markdown(worked map[string]string) string {
	var b strings.Builder
	b.WriteString("# Matters and acts\n\n" +
		"This page is written by the tables of package matter, and by the scenarios of package scenario, from which the\n" +
		"worked examples come (`go test ./scenario -update`); change those.\n\n" +
		"A note does one act. Names of notes may be given short (`PAK#41`), times without seconds and offset\n" +
		"(`2024-01-26T23:59[Asia/Karachi]`), the digest of a text as the name of its note. `detente help KIND/ACT`\n" +
		"prints one act.\n\n")
	for _, k := range slices.Concat(Kinds, House) {
		fmt.Fprintf(&b, "- [%s](#%s)", k.Name, k.Name)
		for i, a := range k.Acts {
			sep := ", "
			if i == 0 {
				sep = ": "
			}
			fmt.Fprintf(&b, "%s%s", sep, a.Name)
		}
		b.WriteByte('\n')
	}
	for _, k := range slices.Concat(Kinds, House) {
		if k == House[0] {
			b.WriteString("\n# In-house\n\nWhat follows is no note: it is entered into the node's own record, outside register and picture, and never\n" +
				"sent. It needs no channel and no counterpart. Entries are named H1, H2 and on. A text is a flag of its own.\n")
		}
		fmt.Fprintf(&b, "\n## %s\n\n%s\n\n| state | is |\n|---|---|\n", k.Name, k.Doc)
		for _, s := range k.States {
			fmt.Fprintf(&b, "| %s | %s |\n", s.Name, s.Doc)
		}
		for i := range k.Acts {
			b.WriteString("\n" + ActMarkdown(k, &k.Acts[i]))
		}
		if example := worked[k.Name]; example != "" {
			fmt.Fprintf(&b, "\n### %s, worked\n\n%s", k.Name, example)
		}
	}
	return b.String()
}

// ActMarkdown documents one act.
func ActMarkdown(k *Kind, a *Act) string {
	var b strings.Builder
	fmt.Fprintf(&b, "### %s/%s\n\n%s\n\n", k.Name, a.Name, a.Doc)
	fmt.Fprintf(&b, "- who: %s", a.Who)
	if a.Binds {
		b.WriteString("; the office must be one that binds")
	}
	switch {
	case a.Opens && len(a.From) > 0:
		fmt.Fprintf(&b, "\n- opens a matter, or is made when it is: %s", strings.Join(a.From, ", "))
	case a.Opens && k.InHouse:
		b.WriteString("\n- opens an entry")
	case k.InHouse:
		fmt.Fprintf(&b, "\n- when the entry is: %s", strings.Join(a.From, ", "))
	case a.Opens:
		b.WriteString("\n- opens a matter")
	default:
		fmt.Fprintf(&b, "\n- when the matter, or the part named, is: %s", strings.Join(a.From, ", "))
	}
	if a.Starts != "" {
		fmt.Fprintf(&b, "\n- starts a clock: %s", a.Starts)
	}
	b.WriteString("\n")
	if len(a.Fields) > 0 {
		b.WriteString("\n| field | | is |\n|---|---|---|\n")
		for i := range a.Fields {
			fieldMarkdown(&b, "", &a.Fields[i])
		}
	}
	if len(a.Texts) > 0 {
		b.WriteString("\n| text | | is |\n|---|---|---|\n")
		for _, t := range a.Texts {
			name := t.Name
			if t.Numbered {
				name += "/1, " + t.Name + "/2 …"
			}
			fmt.Fprintf(&b, "| %s | %s | %s |\n", name, must(t.Required), t.Doc)
		}
	}
	if k.Name+"/"+a.Name != Ack {
		fmt.Fprintf(&b, "\n```\ndetente %s\n```\n", Quote(Example(k, a)))
	}
	return b.String()
}

func fieldMarkdown(b *strings.Builder, prefix string, s *Spec) {
	kind := string(s.Type)
	if s.Type == TypeEnum {
		kind = strings.Join(s.Words, ", ")
	}
	fmt.Fprintf(b, "| %s%s | %s | %s (%s) |\n", prefix, s.Name, must(s.Required), s.Doc, kind)
	for i := range s.Of {
		fieldMarkdown(b, prefix+s.Name+"/", &s.Of[i])
	}
}

func must(required bool) string {
	if required {
		return "required"
	}
	return ""
}

// Acts returns the name of every act that people make, in the order of the
// documents.
func Acts() []string {
	var out []string
	for _, k := range Kinds {
		for _, a := range k.Acts {
			out = append(out, k.Name+"/"+a.Name)
		}
	}
	return slices.DeleteFunc(out, func(a string) bool { return a == Ack })
}
