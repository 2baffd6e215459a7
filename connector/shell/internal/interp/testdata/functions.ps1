#Requires -Version 3
<# .SYNOPSIS what administrators write #>
[CmdletBinding(SupportsShouldProcess = $true)]
param(
    [Parameter(Mandatory = $false, HelpMessage = 'Which')] [ValidateNotNullOrEmpty()] [string] $Which = 'a',
    [ValidateSet('One', 'Two')] [string[]] $Kinds = @('one'),
    [switch] $Quiet, # a comment
    [int] $Number = 2 + 3
)
"$Which $Kinds $Quiet $Number"

function Add-Numbers([int] $A, [int] $B = 10) { return $A + $B; 'not reached' }
Add-Numbers 1; Add-Numbers 1 2; Add-Numbers -B 5 -A 1; Add-Numbers -A:7
function Write-Log { param([string] $Text, [string] $Level = 'INFO') Write-Host "[$Level] $Text" }
Write-Log 'hello'; Write-Log -Text 'there' -Level WARN
$p = @{ Text = 'splatted' }; Write-Log @p
function Many { "$($args.Count): $args" }
Many 1 2 3; Many; Many one
function Outer { $local = 'inside'; Inner; $script:kept = 'kept' }
function Inner { "sees $local" }
Outer; "after: $local $kept"
function Piped { begin { $n = 0 } process { $n += $_; "at $_" } end { "sum $n" } }
1..3 | Piped
filter Double { $_ * 2 }
1..3 | Double | ForEach-Object { "d$_" }
New-Thing a | Out-Null
function Take([Parameter(ValueFromPipeline = $true)] $Item, [Parameter(ValueFromPipelineByPropertyName)] [Alias('MaxSize')] $Size) { process { "took $Item of $Size" } }
1, 2 | Take; Get-Thing | Take
function Gather { "gathered $(@($input).Count)" }
1..4 | Gather
function Factorial($n) { if ($n -le 1) { return 1 }; return $n * (Factorial ($n - 1)) }
Factorial 10
function List { ,@(1, 2) }
(List | Measure-Object).Count; (List)[1]
function Nested { foreach ($i in 1..3) { foreach ($j in 1..3) { if ($i * $j -eq 4) { return "$i$j" } } } }
Nested
function Stream { 'first'; 'second' }
Stream | Select-Object -First 1
$x = 'script'; function Changes { $x = 'function'; "in: $x" }; Changes; "out: $x"
function Named { param($Name) "$($PSBoundParameters.Keys) $($MyInvocation.MyCommand.Name)" }
Named -Name x
function Checked { param([ValidateRange(1, 5)][int] $N, [ValidatePattern('^EX\d+$')] $Server, [ValidateScript({ $_ -ne 'no' })] $Word) "$N $Server $Word" }
Checked -N 3 -Server EX01 -Word yes
foreach ($bad in { Checked -N 9 }, { Checked -Server X }, { Checked -Word no }) { 1 | ForEach-Object { try { 1 | ForEach-Object $bad } catch { "refused: $_" } } }
try { Add-Numbers 1 2 3 4 } catch { $_ }
function Default { param([ValidateRange(1, 5)] $N = 9) $N }; Default; try { Default 9 } catch { "refused: $_" }
function Strict { [CmdletBinding()] param([Parameter(Mandatory)] $A) $A }
try { Strict 1 2 } catch { "$_" }
try { Strict } catch { "$_" }
try { Strict -Other 1 } catch { "$_" }
function Quietly { [CmdletBinding(SupportsShouldProcess)] param() Get-Thing nosuch; New-Thing b | Out-Null; Write-Verbose 'said'; if ($PSCmdlet.ShouldProcess('it', 'Do')) { 'done' } }
Quietly -ErrorAction SilentlyContinue -WhatIf -Verbose; (Get-Thing).Count
$first, $second, $rest = 1..4; "$first $second $rest"
(Get-Command Strict).CommandType
exit 3
