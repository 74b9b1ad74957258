package charter

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"detente/note"
)

// check reports the first rule that the member breaks.
func (m Member) check() error {
	if err := note.CheckParty(m.Party); err != nil {
		return err
	}
	if err := checkName("name", m.Name, MaxName); err != nil {
		return err
	}
	if m.Credence.IsZero() {
		return errors.New("credence: no digest")
	}
	if err := m.Identity.Validate(); err != nil {
		return fmt.Errorf("identity key: %w", err)
	}
	if _, err := zone(m.Zone); err != nil {
		return err
	}
	if err := m.checkDays(); err != nil {
		return err
	}
	switch m.Role {
	case Principal, Facilitator:
		if m.Scope != "" {
			return fmt.Errorf("a %s has no scope", m.Role)
		}
		if len(m.Offices) == 0 {
			return fmt.Errorf("a %s needs at least one office to speak", m.Role)
		}
	case Observer:
		if !slices.Contains([]string{ScopeHashes, ScopeHeaders, ScopeFull}, m.Scope) {
			return fmt.Errorf("scope %.20q of an observer is none of hashes, headers, full", m.Scope)
		}
		if len(m.Offices) != 0 {
			return errors.New("an observer witnesses only and has no offices")
		}
	default:
		return fmt.Errorf("role %.20q is none of principal, facilitator, observer", m.Role)
	}
	return m.checkOffices()
}

func (m Member) checkDays() error {
	if len(m.Holidays) > MaxHolidays {
		return fmt.Errorf("%d holidays; the limit is %d", len(m.Holidays), MaxHolidays)
	}
	for _, h := range m.Holidays {
		if t, err := time.Parse(time.DateOnly, h); err != nil || t.Format(time.DateOnly) != h {
			return fmt.Errorf("holidays: %.20q is not a date of the form 2006-01-02", h)
		}
	}
	if err := increasing("holidays", m.Holidays); err != nil {
		return err
	}
	if len(m.Weekend) > len(weekdays)-1 {
		return errors.New("the weekend leaves no working day")
	}
	for _, d := range m.Weekend {
		if !slices.Contains(weekdays, d) {
			return fmt.Errorf("weekend: %.20q is not a day such as friday", d)
		}
	}
	return unique("weekend", m.Weekend)
}

var weekdays = []string{"monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"}

func (m Member) checkOffices() error {
	if len(m.Offices) > MaxOffices {
		return fmt.Errorf("%d offices; the limit is %d", len(m.Offices), MaxOffices)
	}
	codes := make([]string, len(m.Offices))
	for i, o := range m.Offices {
		if !officePattern.MatchString(o.Code) {
			return fmt.Errorf("office %.60q: want a code of a-z, 0-9 and -, at most 40", o.Code)
		}
		if err := o.check(m.Role); err != nil {
			return fmt.Errorf("office %s: %w", o.Code, err)
		}
		codes[i] = o.Code
	}
	return increasing("offices", codes)
}

func (o Office) check(role string) error {
	if err := checkName("name", o.Name, MaxName); err != nil {
		return err
	}
	if err := checkActs("binds", o.Binds, true); err != nil {
		return err
	}
	if err := checkActs("says", o.Says, true); err != nil {
		return err
	}
	switch {
	case len(o.Binds) != 0 && role != Principal:
		return fmt.Errorf("a %s never binds", role)
	case len(o.Binds) == 0 && o.AdReferendum:
		return errors.New("ad_referendum, but there is nothing that it binds")
	case len(o.Binds) == 0 && len(o.Says) == 0:
		return errors.New("it may neither say nor bind anything")
	}
	return nil
}

// checkActs wants acts or kinds, sorted.
func checkActs(what string, acts []string, all bool) error {
	if len(acts) > MaxActs {
		return fmt.Errorf("%s: %d acts; the limit is %d", what, len(acts), MaxActs)
	}
	for _, a := range acts {
		if !actOrKindPattern.MatchString(a) && (a != "*" || !all) {
			return fmt.Errorf("%s: %.60q is neither an act such as incident/report nor a kind such as incident", what, a)
		}
	}
	return increasing(what, acts)
}
