using System.Globalization;

namespace StorageEngines.EngineBenchmarks;

/// <summary>The comparison on a tree of small files.</summary>
internal static class TreeComparison
{
    private const string Unchanged = "second snapshot, nothing changed";
    private const string Changed = "second snapshot, 1 % changed";
    private const string Delta = "what changed between two snapshots";

    public static async Task<Comparison> RunAsync(BenchmarkSettings settings, string folder)
    {
        var workload = new TreeWorkload(Path.Combine(folder, "tree"), settings.Files);
        Console.Error.WriteLine($"making {settings.Files} files");
        workload.Create();
        List<string> missing = [];
        List<LibraryCaller> callers = [];
        List<Contestant> engines = await EngineContestants.FindAsync(settings, workload.Root, folder, (scheme, tool, volume) =>
        {
            var caller = new LibraryCaller(settings, scheme, volume, Path.Combine(folder, EngineContestants.Store));
            callers.Add(caller);
            return Engine(scheme, tool, volume, caller);
        });
        List<Contestant> contestants = [.. engines, .. await PeersAsync(workload, folder, missing)];
        string[] order = [Unchanged, Changed, Delta];
        contestants = [.. contestants.OrderBy(c => Array.IndexOf(order, c.Scenario))];
        IReadOnlyList<Measurement> measured = await Comparison.MeasureAsync(contestants, settings.Runs, folder, (scenario, run) =>
        {
            if (scenario == Changed)
            {
                workload.Change(run + 1);
            }
        });
        foreach (LibraryCaller caller in callers)
        {
            await caller.DisposeAsync();
        }

        string text = string.Create(CultureInfo.InvariantCulture, $"{workload.Bytes:N0} bytes in {settings.Files:N0} files.");
        string options = string.Create(CultureInfo.InvariantCulture, $"--files {settings.Files} --runs {settings.Runs}");
        string title = string.Create(CultureInfo.InvariantCulture, $"A tree of {settings.Files:N0} small files");
        return new Comparison($"tree-{settings.Files}", title, text, options, measured, missing);
    }

    private static IEnumerable<Contestant> Engine(string scheme, string[] tool, string volume, LibraryCaller caller)
    {
        yield return new(scheme, ContestantRole.Engine, Unchanged, Contestant.Nothing, run => [.. tool, "snapshot", "create", $"{volume}@same-{run}"]);
        yield return new($"{scheme}, called by a program that runs already", ContestantRole.Engine, Unchanged, Contestant.Nothing, _ => [])
        {
            Call = run => caller.SnapshotAsync($"library-{run}"),
        };
        yield return new(scheme, ContestantRole.Engine, Changed, Contestant.Nothing, run => [.. tool, "snapshot", "create", $"{volume}@round-{run}"]);
        yield return new(scheme, ContestantRole.Engine, Delta, Contestant.Nothing, _ => [.. tool, "diff", $"{volume}@first", $"{volume}@round-1"]);
    }

    private static async Task<List<Contestant>> PeersAsync(TreeWorkload workload, string folder, List<string> missing)
    {
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
                contestants.Add(new Contestant("find, size and times of all files (a walk alone)", ContestantRole.Limit, scenario, Contestant.Nothing, _ => Sh("find tree -printf '%i %s %T@\\n' >walk")));
            }

            if (!missing.Contains("git"))
            {
                contestants.Add(new Contestant("git status", ContestantRole.Peer, scenario, Contestant.Nothing, _ => Sh("git --git-dir=index.git --work-tree=tree status --porcelain >status")));
            }

            if (!missing.Contains("tar"))
            {
                contestants.Add(new Contestant(
                    "tar --listed-incremental", ContestantRole.Peer, scenario, _ => { File.Copy(Path.Combine(folder, "state.0"), Path.Combine(folder, "state"), true); return Task.CompletedTask; },
                    _ => Sh("tar --listed-incremental=state -cf - tree | cat >archive")));
            }

            if (!missing.Contains("rsync"))
            {
                contestants.Add(new Contestant("rsync -n, against a copy", ContestantRole.Peer, scenario, Contestant.Nothing, _ => Sh("rsync -a -n -i --delete tree/ copy/ >list")));
            }
        }

        if (!missing.Contains("git"))
        {
            await Shell.OutputAsync(Sh("git init -q --bare index.git && git --git-dir=index.git config gc.auto 0 && git --git-dir=index.git config maintenance.auto false && git --git-dir=index.git --work-tree=tree add -A && git --git-dir=index.git --work-tree=tree -c user.name=b -c user.email=b@localhost commit -qm first"), folder);
        }

        // What was prepared must not be on its way to the disk any more, and git must not pack it, while others are measured.
        await Shell.OutputAsync(Sh((missing.Contains("tar") ? "true" : "tar --listed-incremental=state.0 -cf - tree | cat >/dev/null") + " && " + (missing.Contains("rsync") ? "true" : "rsync -a tree/ copy/") + " && sync"), folder);
        return contestants;
    }
}
