// Package browsertest tests the console in a real browser: Chromium, which finds every link, button
// and field by its accessible name, as a screen reader does.
//
// The tests need Debian's chromium and fonts-dejavu-core, and axe-core, whose file the environment
// variable INTERCHANGE_AXE names. What is missing is a failure with INTERCHANGE_E2E=1; otherwise
// the tests that need it are skipped. With INTERCHANGE_SCREENSHOTS=DIRECTORY the tests leave a
// picture of every page there.
package browsertest
