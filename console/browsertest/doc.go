// Package browsertest tests the console in a real browser: Chromium, which finds every link, button
// and field by its accessible name, as a screen reader does.
//
// TestGuide walks through the scenarios of the administrator's guide. Its steps are a table, which TestSteps
// holds against the guide's text.
//
// The tests need Debian's chromium and fonts-dejavu-core, and axe-core, whose file the environment
// variable INTERCHANGE_AXE names; to send mail they need root, iproute2 and swaks. What is missing is a failure with INTERCHANGE_E2E=1; otherwise
// the tests that need it are skipped. With INTERCHANGE_SCREENSHOTS=DIRECTORY the tests leave a
// picture of every page there.
package browsertest
