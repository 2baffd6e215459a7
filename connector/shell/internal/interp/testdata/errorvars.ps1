$ErrorActionPreference = 'SilentlyContinue'
Get-Thing x -ErrorVariable problems
"$($problems.Count): $($problems[0].Exception.Message)"
Get-Thing y -ErrorVariable +problems
$problems.Count
New-Thing z -ErrorVariable problems | Out-Null
"none: $($problems.Count)"
$Error[0].Exception.Message
$ErrorActionPreference = 'Continue'
Get-Thing x *> $null
try { 1 / 0 } catch { "caught: $_" }
'after a division'
try { if (1 / 0) { 'no' } } catch { $Error[0].InvocationInfo.OffsetInLine }
try { $x = 5 -gt 'huge' } catch { $_.FullyQualifiedErrorId }
"x: $x"
Write-Error 'said by the script'
$ErrorActionPreference = 'Stop'
Get-Thing w
'not reached'
