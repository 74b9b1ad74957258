package press

// PartiesList returns the built-in list of parties.
func PartiesList() string { return string(partiesList) }
