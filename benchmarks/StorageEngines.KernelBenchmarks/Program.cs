using BenchmarkDotNet.Running;
using StorageEngines.KernelBenchmarks;

// "gate" holds the allocation budgets and is part of the tests; everything else goes to BenchmarkDotNet, e.g. --filter '*' --job short
// "stream-parse [FILE]" compares the parser of send streams with that of btrfs-progs
// "zfs-parse [FILE]" measures the parser of ZFS send streams
return args switch
{
    ["gate"] => AllocationGate.Run(),
    ["stream-parse", .. var file] => StreamParseReport.Run(file.FirstOrDefault()),
    ["zfs-parse", .. var file] => ZfsParseReport.Run(file.FirstOrDefault()),
    _ => Run(args),
};

static int Run(string[] args)
{
    IEnumerable<BenchmarkDotNet.Reports.Summary> summaries = BenchmarkSwitcher.FromAssembly(typeof(AllocationGate).Assembly).Run(args);
    return summaries.All(summary => !summary.HasCriticalValidationErrors && summary.Reports.All(report => report.Success)) ? 0 : 1;
}
