param([Parameter(Mandatory = $true)] $greeting)
$answer = Read-Host 'What to say'
$greeting; "by environment: $greeting"; [bool](Get-Date).Year
function Leave($code) { exit $code; 'not reached' }
try { Leave 3 } finally { 'finally' }
'not reached'
