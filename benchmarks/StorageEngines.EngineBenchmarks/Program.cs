using StorageEngines.EngineBenchmarks;
using StorageEngines.EngineBenchmarks.Measuring;
using StorageEngines.EngineBenchmarks.Reports;
using StorageEngines.EngineBenchmarks.Rows;
using StorageEngines.EngineBenchmarks.Wire;

// Counts what goes over a connection; see WireReport.
if (args is ["wire", .. var rest])
{
    await WireReport.RunAsync(rest.FirstOrDefault() ?? "benchmarks/results");
    return 0;
}

// Compares the engines with their peers and with the limits, interleaved, on the workloads of benchmarks/README.md.
if (!BenchmarkSettings.TryParse(args, out BenchmarkSettings settings, out string problem))
{
    Console.Error.WriteLine(problem);
    return 2;
}

Directory.CreateDirectory(settings.Scratch);
Directory.CreateDirectory(settings.OutputFolder);
Shell.Set("HOME", Directory.CreateDirectory(Path.Combine(settings.Scratch, "home")).FullName);
bool failed = false;
foreach (string workload in settings.Workloads)
{
    string folder = Directory.CreateDirectory(Path.Combine(settings.Scratch, workload)).FullName;
    var scene = new Scene(settings, folder, new SortedSet<string>());
    IWorkloadRows rows = workload switch
    {
        "w1" => new ImageRows(scene),
        "w2" => new TreeRows(scene),
        "w3" => new ShiftedRows(scene),
        "w4" => new SparseRows(scene),
        "btrfs" => new BtrfsRows(scene),
        "ceph" => new CephRows(scene),
        "engines" => new EnginesRows(scene),
        _ => new ReflinkRows(scene),
    };
    try
    {
        List<RowResult> results = [];
        foreach (Row row in (await rows.PrepareAsync()).Where(row => settings.Rows.Count == 0 || settings.Rows.Contains(row.Id)))
        {
            results.Add(await new Rounds(settings, folder).RunAsync(row));
        }

        var report = new Report(settings, rows.FileName, rows.Title, rows.Description, results, scene.Missing);
        await report.WriteAsync();
        failed |= results.Any(result => result.Measurements.Any(m => m.Failure is not null));
    }
    finally
    {
        await rows.DisposeAsync();
        await Leftovers.RemoveAsync(settings, folder);
    }
}

if (!settings.Keep)
{
    Directory.Delete(Path.Combine(settings.Scratch, "home"), recursive: true);
    if (!Directory.EnumerateFileSystemEntries(settings.Scratch).Any())
    {
        Directory.Delete(settings.Scratch);
    }
}

return failed ? 1 : 0;
