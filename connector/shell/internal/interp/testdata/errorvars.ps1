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
1 / 0
'after a division'
if (1 / 0) { 'no' }
$x = 5 -gt 'huge'
Write-Error 'said by the script'
$ErrorActionPreference = 'Stop'
Get-Thing w
'not reached'
