package view

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"detente/note"
)

// Print is a note as it is handed over on paper: all that a reader needs who has
// nothing but the paper. A draft is no note yet: it has no name and no leaf.
type Print struct {
	Frame
	Act         string                  `json:"act"`
	Attachments []note.Attachment       `json:"attachments,omitempty"`
	Audience    []string                `json:"audience"`
	Authentic   []string                `json:"authentic,omitempty"`
	Basis       *note.Basis             `json:"basis,omitempty"`
	CheckWords  []string                `json:"check_words"` // of the leaf; of a draft those of its text, see house.TextDigest
	Content     string                  `json:"content"`     // held, erased, missing, unreadable, none
	Draft       string                  `json:"draft,omitempty"`
	Fields      map[string]any          `json:"fields,omitempty"`
	Handling    string                  `json:"handling,omitempty"` // how its words may be handled
	ID          *note.ID                `json:"id,omitempty"`
	Leaf        *note.Digest            `json:"leaf,omitempty"`
	Matter      *note.ID                `json:"matter,omitempty"`
	Names       map[string]string       `json:"names"` // of the parties, in full, by code
	Office      string                  `json:"office,omitempty"`
	OfficeName  string                  `json:"office_name,omitempty"`
	Party       string                  `json:"party"`
	Precedence  string                  `json:"precedence"`
	Quotes      []note.Quote            `json:"quotes,omitempty"`
	Texts       map[string]note.Wording `json:"texts,omitempty"`
	Time        time.Time               `json:"time"`
}

// OnePrint returns a note for paper, in one language or, where lang is empty, in
// all that it has.
func OnePrint(src Source, channel note.Digest, id note.ID, lang string) (*Print, error) {
	n, err := OneNote(src, channel, id)
	if err != nil {
		return nil, err
	}
	if n.Act == "" {
		return nil, &NotFound{"readable note " + id.Short()}
	}
	p := &Print{Act: n.Act, Attachments: n.Attachments, Audience: n.Audience, Authentic: n.Authentic, Basis: n.Basis, CheckWords: n.CheckWords, Content: n.Content,
		Fields: n.Fields, ID: &id, Leaf: &n.Leaf, Names: map[string]string{}, Office: n.Office, Party: n.Party, Precedence: n.Precedence, Quotes: n.Quotes, Texts: n.Texts, Time: n.Time}
	if n.Handling != nil {
		p.Handling = n.Handling.String()
	}
	if m := n.NoteLine.Matter; m != nil && *m != id {
		p.Matter = m
	}
	if err := p.Frames(src, channel); err != nil {
		return nil, err
	}
	return p, p.Only(lang)
}

// Frames puts what stands around every view of the channel around it, and the
// full names of parties and office.
func (p *Print) Frames(src Source, channel note.Digest) error {
	f, err := build(src, channel, func(b *builder) (Frame, error) {
		for _, m := range b.s.Docs.Members() {
			p.Names[m.Party] = m.Name
			for _, o := range m.Offices {
				if m.Party == p.Party && o.Code == p.Office {
					p.OfficeName = o.Name
				}
			}
		}
		return b.frame(), nil
	})
	p.Frame = f
	return err
}

// Only leaves the texts of one language; of a text that has it not, all.
func (p *Print) Only(lang string) error {
	if lang == "" {
		return nil
	}
	found := map[string]bool{}
	for slot, w := range p.Texts {
		for l := range w {
			found[l] = true
		}
		if s, ok := w[lang]; ok {
			p.Texts[slot] = note.Wording{lang: s}
		}
	}
	if !found[lang] {
		return &NotFound{fmt.Sprintf("text in the language %.20q, but in %s,", lang, strings.Join(slices.Sorted(maps.Keys(found)), ", "))}
	}
	return nil
}
