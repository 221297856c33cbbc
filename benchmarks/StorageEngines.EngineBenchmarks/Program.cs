using StorageEngines.EngineBenchmarks;

// Compares every engine that can handle the workload with its peer programs and with the limit, interleaved, in one run:
//   dotnet run -c Release --project benchmarks/StorageEngines.EngineBenchmarks -- [--workload tree|image] [--files 200000] [--image-mib 4096] [--runs 5]
if (!BenchmarkSettings.TryParse(args, out BenchmarkSettings settings, out string problem))
{
    Console.Error.WriteLine(problem);
    return 2;
}

string folder = Directory.CreateTempSubdirectory("seng-bench-").FullName;
try
{
    Comparison comparison = settings.Workload == Workload.Tree
        ? await TreeComparison.RunAsync(settings, folder)
        : await ImageComparison.RunAsync(settings, folder);
    Directory.CreateDirectory(settings.OutputFolder);
    string name = Path.Combine(settings.OutputFolder, comparison.FileName);
    await File.WriteAllTextAsync(name + ".md", Report.Markdown(settings, comparison));
    await File.WriteAllTextAsync(name + ".svg", Report.Svg(comparison));
    Console.WriteLine(Report.Markdown(settings, comparison));
    return 0;
}
finally
{
    Directory.Delete(folder, recursive: true);
}
