package cli

import (
	"strings"

	"detente/internal/page"
	"detente/matter"
)

const typesTopic = `The fields of an act are flags of detente send. detente help KIND/ACT names the type of each:

    instant   a time with its zone: 2024-01-26T23:59[Asia/Karachi]. Where the clocks are put back and the
              hour comes twice, with the offset: 2024-10-27T02:30:00+01:00[Europe/Berlin]
    date      a day, 2024-01-16, or an instant: a claim is not made more exact than it is
    end       an instant, or none in so many words: nothing is without an end by oversight
    place     COUNTRY/AREA/NAME, the country by its two letters: IR/Sistan and Baluchestan/Saravan. Where
              the sides' names differ, the further ones after more strokes
    district  a place that is no finer than a district, named in words: a figure in it is refused
    note      the name of a note, such as PAK#41: the 42nd note of Pakistan's feed, as every list shows it;
              PAK.2#0 is the first of its second epoch
    digest    64 hexadecimal digits; or the name of a note, for the digest of that note's text:
              --terms PAK#12 accepts the text of PAK#12 and no other
    party     a party's code, such as PAK
    number    a whole number
    offices   PARTY/OFFICE, such as PAK/consular; with commas or given more than once
    key       a public seal key, age1pq1…, or @FILE; see detente help offices
    flag      given or left out
    line      one line of text; with commas or given more than once where it is names or notes
    list      given once for each item, 'by=PAK due=2024-01-26T23:59[Asia/Karachi] end=none'

Texts are no fields: --text SLOT=WORDS, --text SLOT@LANGUAGE=WORDS, --text SLOT=@FILE. Of a numbered text
there is one for each item of the list: point/1, point/2.
`

// explainKind lists the acts of one kind, each by the first sentence of what it
// does.
func explainKind(p *page.Page, k *matter.Kind) {
	head := k.Name
	if k.InHouse {
		head += " (in-house, never sent)"
	}
	p.Heading(head)
	for i := range k.Acts {
		a := &k.Acts[i]
		short, _, _ := strings.Cut(a.Doc, ". ")
		p.Hang(4, k.Name+"/"+a.Name+":", strings.TrimSuffix(short, "."))
	}
}

// renderAct explains one act. docs/acts.md says the same.
func renderAct(c *Call, kind *matter.Kind, act *matter.Act) {
	p := c.page()
	p.Heading(kind.Name + "/" + act.Name)
	p.Para(0, act.Doc)
	p.Blank()
	who := string(act.Who)
	if act.Binds {
		who += "; the office must be one that binds"
	}
	p.Hang(0, "who:", who)
	var when []string
	opens, open := "it opens a matter", "the matter, or the part named, is: "
	if kind.InHouse {
		opens, open = "it opens an entry", "the entry is: "
	}
	if act.Opens {
		when = append(when, opens)
	}
	if len(act.From) > 0 {
		when = append(when, open+strings.Join(act.From, ", "))
	}
	p.Hang(0, "when:", strings.Join(when, "; or "))
	if act.Starts != "" {
		p.Hang(0, "starts a clock:", act.Starts)
	}
	if len(act.Fields) > 0 {
		p.Blank()
		p.Line("fields:")
		explainFields(p, "", act.Fields)
	}
	if len(act.Texts) > 0 {
		p.Blank()
		p.Line("texts:")
	}
	for _, t := range act.Texts {
		name := t.Name
		if t.Numbered {
			name += "/1, " + t.Name + "/2 …"
		}
		p.Hang(4, name+":", t.Doc+required(t.Required))
	}
	if kind.Name+"/"+act.Name != matter.Ack {
		p.Blank()
		p.Line("    detente " + matter.Quote(matter.Example(kind, act)))
	}
	p.Blank()
	p.Para(0, "detente help types says how a date, an instant, a place or the name of a note is written.")
}

func explainFields(p *page.Page, prefix string, specs []matter.Spec) {
	for i := range specs {
		s := &specs[i]
		kind := string(s.Type)
		if s.Type == matter.TypeEnum {
			kind = strings.Join(s.Words, ", ")
		}
		p.Hang(4, prefix+s.Name+":", s.Doc+" ("+kind+")"+required(s.Required))
		explainFields(p, prefix+s.Name+"/", s.Of)
	}
}

func required(is bool) string {
	if is {
		return "; required"
	}
	return ""
}
