using StorageEngines.EngineBenchmarks.Measuring;

namespace StorageEngines.EngineBenchmarks.Rows;

/// <summary>Where a workload is measured, and with what.</summary>
/// <param name="Settings">The command line.</param>
/// <param name="Folder">The workload's own scratch directory.</param>
/// <param name="Missing">Programs that are not installed are added here.</param>
internal sealed record Scene(BenchmarkSettings Settings, string Folder, ISet<string> Missing)
{
    /// <summary>A path in the scratch directory.</summary>
    public string At(string name) => Path.Combine(Folder, name);

    /// <summary>The tool with options for scripts.</summary>
    public string Tool(string store) => $"{Settings.Tool} --store {At(store)} --json --quiet";

    /// <summary>Runs a script in the scratch directory.</summary>
    public Task RunAsync(string script) => Shell.RunAsync(script, Folder);

    /// <summary>Whether a program is there; says so in the report if not.</summary>
    public bool Has(string program)
    {
        if (Settings.Peers is { } peers && !peers.Contains(program) && IsPeer(program))
        {
            return false;
        }

        bool has = Shell.Has(program);
        if (!has)
        {
            Missing.Add(program);
        }

        return has;
    }

    private static bool IsPeer(string program) => program is "restic" or "borg" or "git" or "tar" or "rsync" or "rdiff";

    /// <summary>Makes data once, also for the next run if that keeps it.</summary>
    public async Task MakeOnceAsync(string name, Func<Task> make)
    {
        string mark = At(name + ".made");
        if (!File.Exists(mark))
        {
            Console.Error.WriteLine($"making {At(name)}");
            await RunAsync($"rm -rf {name}");
            await make();
            await File.WriteAllTextAsync(mark, "");
        }
    }
}
