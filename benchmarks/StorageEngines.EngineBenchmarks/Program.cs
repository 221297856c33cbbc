using StorageEngines.EngineBenchmarks;

// Compares every engine that can handle a directory with its peer programs and with the limit, on one workload, interleaved, in one run:
//   dotnet run -c Release --project benchmarks/StorageEngines.EngineBenchmarks -- [--files 200000] [--runs 5] [--out benchmarks/results]
if (!BenchmarkSettings.TryParse(args, out BenchmarkSettings settings, out string problem))
{
    Console.Error.WriteLine(problem);
    return 2;
}

string folder = Directory.CreateTempSubdirectory("seng-bench-").FullName;
try
{
    TreeComparison comparison = await TreeComparison.RunAsync(settings, folder);
    Directory.CreateDirectory(settings.OutputFolder);
    string name = Path.Combine(settings.OutputFolder, $"tree-{settings.Files}");
    await File.WriteAllTextAsync(name + ".md", Report.Markdown(settings, comparison, name));
    await File.WriteAllTextAsync(name + ".svg", Report.Svg(comparison));
    Console.WriteLine(Report.Markdown(settings, comparison, name));
    return 0;
}
finally
{
    Directory.Delete(folder, recursive: true);
}
