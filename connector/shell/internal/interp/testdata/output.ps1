Write-Host "Made" 2 things -ForegroundColor Green
Write-Host -NoNewline 'a'; Write-Host 'b' -Separator ''
Write-Host 1, 2 -Separator ';'
Write-Output 'to the pipeline' | % { $_.ToUpper() }
Write-Warning 'beware'
Write-Warning 'not shown' -WarningAction SilentlyContinue
Write-Verbose 'not shown'; Write-Verbose 'shown' -Verbose
$VerbosePreference = 'Continue'; Write-Verbose 'shown too'; $VerbosePreference = 'SilentlyContinue'
echo 1 2, 3
@{ One = 1; Two = 'zwei' }
$empty = @(); $empty; $null
1..2 | Format-Table
New-Thing 'a' -Ranges 10.0.0.1,10.0.0.2,10.0.0.3,10.0.0.4,10.0.0.5 > $null
Get-Thing | fl Name, Ranges
$FormatEnumerationLimit = -1
Get-Thing | fl Name, Ranges, Nothing
Get-Thing | ft Name, @{ Label = 'Count'; Expression = { $_.Ranges.Count } } -AutoSize
Get-Thing | Select-Object * -ExcludeProperty Ranges, Identity, Auth | fl
Get-Thing | select Name, @{ n = 'Copy'; e = 'MaxSize' }
$text = Get-Thing | ft Name | Out-String; $text.Trim()
Get-Thing | Out-String -Stream | where { $_ -like '*10.0.0.1*' } | % { $_.Trim() }
"`e[31mred`0" -replace '[^ -~]', '?'
Write-Host "$([string]'steer')$([pscustomobject]@{A = 1; B = @(1, 2)})"
Get-Help Measure-Object
Get-Command *-Thing | ft Name
[pscustomobject]@{A = 1} | Get-Member | ft Name, Definition
