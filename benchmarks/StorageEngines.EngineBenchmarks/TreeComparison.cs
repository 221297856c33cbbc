using System.Text.Json;

namespace StorageEngines.EngineBenchmarks;

/// <summary>The comparison on a tree of small files.</summary>
internal sealed record TreeComparison(long TreeBytes, IReadOnlyList<Measurement> Measurements, IReadOnlyList<string> Missing)
{
    private const string Unchanged = "second snapshot, nothing changed";
    private const string Changed = "second snapshot, 1 % changed";
    private const string Delta = "what changed between two snapshots";

    public static async Task<TreeComparison> RunAsync(BenchmarkSettings settings, string folder)
    {
        var workload = new TreeWorkload(Path.Combine(folder, "tree"), settings.Files);
        Console.Error.WriteLine($"making {settings.Files} files");
        workload.Create();
        List<string> missing = [];
        List<Contestant> contestants = [.. await EnginesAsync(settings, workload, folder), .. await PeersAsync(workload, folder, missing)];
        Dictionary<Contestant, List<double>> seconds = contestants.ToDictionary(c => c, _ => new List<double>());
        foreach (string scenario in new[] { Unchanged, Changed, Delta })
        {
            // one round more than is counted: the first warms up
            for (int run = 0; run <= settings.Runs; run++)
            {
                Console.Error.WriteLine($"{scenario}: run {run} of {settings.Runs}");
                if (scenario == Changed)
                {
                    workload.Change(run + 1);
                }

                foreach (Contestant contestant in contestants.Where(c => c.Scenario == scenario))
                {
                    await contestant.Prepare(run);
                    TimeSpan elapsed = await Shell.TimeAsync(contestant.Command(run), folder);
                    if (run > 0)
                    {
                        seconds[contestant].Add(elapsed.TotalSeconds);
                    }
                }
            }
        }

        return new TreeComparison(workload.Bytes, [.. contestants.Select(c => new Measurement(c, seconds[c]))], missing);
    }

    private static async Task<List<Contestant>> EnginesAsync(BenchmarkSettings settings, TreeWorkload workload, string folder)
    {
        string[] tool = [settings.Tool, "--store", Path.Combine(folder, "store"), "--json", "--quiet"];
        List<Contestant> contestants = [];
        using JsonDocument engines = JsonDocument.Parse(await Shell.OutputAsync([.. tool, "engines"], folder));
        foreach (string scheme in engines.RootElement.GetProperty("engines").EnumerateArray().Select(e => e.GetProperty("scheme").GetString()!))
        {
            string volume = $"{scheme}:{workload.Root}";
            try
            {
                await Shell.OutputAsync([.. tool, "snapshot", "create", volume + "@first"], folder);
            }
            catch (InvalidOperationException e)
            {
                Console.Error.WriteLine($"{scheme} does not take part: {e.Message}");
                continue;
            }

            static Task Nothing(int run) => Task.CompletedTask;
            contestants.Add(new Contestant(scheme, ContestantRole.Engine, Unchanged, Nothing, run => [.. tool, "snapshot", "create", $"{volume}@same-{run}"]));
            contestants.Add(new Contestant(scheme, ContestantRole.Engine, Changed, Nothing, run => [.. tool, "snapshot", "create", $"{volume}@round-{run}"]));
            contestants.Add(new Contestant(scheme, ContestantRole.Engine, Delta, Nothing, _ => [.. tool, "diff", $"{volume}@first", $"{volume}@round-1"]));
        }

        return contestants;
    }

    private static async Task<List<Contestant>> PeersAsync(TreeWorkload workload, string folder, List<string> missing)
    {
        static Task Nothing(int run) => Task.CompletedTask;
        string[] Sh(string script) => ["/bin/sh", "-c", script];
        List<Contestant> contestants = [];
        foreach (string program in new[] { "git", "tar", "rsync", "find" }.Where(program => !Shell.Has(program)))
        {
            missing.Add(program);
        }

        foreach (string scenario in new[] { Unchanged, Changed })
        {
            if (!missing.Contains("find"))
            {
                contestants.Add(new Contestant("find, size and times of all files (a walk alone)", ContestantRole.Limit, scenario, Nothing, _ => Sh("find tree -printf '%i %s %T@\\n' >walk")));
            }

            if (!missing.Contains("git"))
            {
                contestants.Add(new Contestant("git status", ContestantRole.Peer, scenario, Nothing, _ => Sh("git --git-dir=index.git --work-tree=tree status --porcelain >status")));
            }

            if (!missing.Contains("tar"))
            {
                contestants.Add(new Contestant(
                    "tar --listed-incremental", ContestantRole.Peer, scenario, _ => { File.Copy(Path.Combine(folder, "state.0"), Path.Combine(folder, "state"), true); return Task.CompletedTask; },
                    _ => Sh("tar --listed-incremental=state -cf - tree | cat >archive")));
            }

            if (!missing.Contains("rsync"))
            {
                contestants.Add(new Contestant("rsync -n, against a copy", ContestantRole.Peer, scenario, Nothing, _ => Sh("rsync -a -n -i --delete tree/ copy/ >list")));
            }
        }

        if (!missing.Contains("git"))
        {
            await Shell.OutputAsync(Sh("git init -q --bare index.git && git --git-dir=index.git --work-tree=tree add -A && git --git-dir=index.git --work-tree=tree -c user.name=b -c user.email=b@localhost commit -qm first"), folder);
        }

        await Shell.OutputAsync(Sh((missing.Contains("tar") ? "true" : "tar --listed-incremental=state.0 -cf - tree | cat >/dev/null") + " && " + (missing.Contains("rsync") ? "true" : "rsync -a tree/ copy/")), folder);
        return contestants;
    }
}
