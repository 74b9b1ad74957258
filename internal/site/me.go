package site

import (
	"slices"

	"detente/internal/locale"
	"detente/internal/officer"
	"detente/internal/officer/signin"
)

// Me is the data of the page of an officer's own settings.
type Me struct {
	Keys      []officer.Key
	Languages []locale.Language
	Sessions  []signin.Session
	Tokens    []signin.Token
}

func (v *visit) me() error {
	roster, err := v.SignIn.Book().Roster()
	if err != nil {
		return err
	}
	d := Me{Keys: roster.KeysOf(v.officer.ID), Languages: locale.Languages}
	if d.Sessions, err = v.SignIn.Sessions(v.officer.ID); err != nil {
		return err
	}
	if d.Tokens, err = v.SignIn.Tokens(v.officer.ID); err != nil {
		return err
	}
	return v.render("me", &Page{Title: v.loc.T("Your desk"), Data: d})
}

// changeMe takes the language and the calendar.
func (v *visit) changeMe() error {
	lang, calendar := v.r.FormValue("lang"), v.r.FormValue("calendar")
	if _, err := v.SignIn.Book().Change(v.r.Context(), v.officer.ID, func(o *officer.Officer) { o.Lang, o.Calendar = lang, calendar }); err != nil {
		return err
	}
	return v.redirect("/me")
}

func (v *visit) endSession() error {
	if _, err := v.SignIn.EndSession(v.r.Context(), v.officer.ID, v.r.FormValue("session")); err != nil {
		return err
	}
	return v.redirect("/me")
}

// Officers is the data of the administrator's page.
type Officers struct {
	*officer.Roster
	Link  string // a one-time link that was just made: it is shown once
	For   string
	Roles []officer.Role
	Rules officer.Rules
}

func (v *visit) officers() error { return v.showOfficers("", "") }

func (v *visit) showOfficers(link, of string) error {
	roster, err := v.SignIn.Book().Roster()
	if err != nil {
		return err
	}
	return v.render("officers", &Page{Title: v.loc.T("Officers"), Data: Officers{roster, link, of, officer.Roles, roster.Rules()}})
}

// addOfficer adds an officer and shows the link by which the officer comes in.
func (v *visit) addOfficer() error {
	o := officer.Officer{Name: v.r.FormValue("name"), Office: v.r.FormValue("office"), Lang: v.loc.Tag}
	for _, r := range v.r.Form["role"] {
		o.Roles = append(o.Roles, officer.Role(r))
	}
	o, err := v.SignIn.Book().Add(v.r.Context(), o)
	if err != nil {
		return err
	}
	return v.link(o.ID)
}

func (v *visit) linkOfficer() error {
	id, err := officer.ParseID(v.r.PathValue("id"))
	if err != nil {
		return err
	}
	return v.link(id)
}

func (v *visit) link(id officer.ID) error {
	link, _, err := v.SignIn.Link(v.r.Context(), id)
	if err != nil {
		return err
	}
	return v.showOfficers(link, id.String())
}

// changeOfficer takes an officer's roles.
func (v *visit) changeOfficer() error {
	id, err := officer.ParseID(v.r.PathValue("id"))
	if err != nil {
		return err
	}
	if err := v.r.ParseForm(); err != nil {
		return err
	}
	var roles []officer.Role
	for _, r := range v.r.Form["role"] {
		roles = append(roles, officer.Role(r))
	}
	if _, err := v.SignIn.Book().Change(v.r.Context(), id, func(o *officer.Officer) { o.Roles = roles }); err != nil {
		return err
	}
	return v.redirect("/officers")
}

func (v *visit) endOfficer() error {
	id, err := officer.ParseID(v.r.PathValue("id"))
	if err != nil {
		return err
	}
	if _, err := v.SignIn.EndOfficer(v.r.Context(), id); err != nil {
		return err
	}
	return v.redirect("/officers")
}

// Has reports whether an officer has a role, for the boxes of a form.
func (Officers) Has(o officer.Officer, r officer.Role) bool { return slices.Contains(o.Roles, r) }
