using System.Globalization;

namespace StorageEngines.EngineBenchmarks;

/// <summary>The comparison on one large image file of which 1 % changed.</summary>
internal static class ImageComparison
{
    private const string Changed = "second snapshot, 1 % of the blocks changed";
    private const string Unchanged = "second snapshot, nothing changed";
    private const string Delta = "which blocks changed between two snapshots";
    private const string Image = "image";
    private const string Copy = "copy";

    public static async Task<Comparison> RunAsync(BenchmarkSettings settings, string folder)
    {
        var workload = new ImageWorkload(settings.ImageMiB);
        string path = Path.Combine(folder, Image);
        Console.Error.WriteLine($"making an image of {settings.ImageMiB} MiB");
        workload.Create(path);
        List<string> missing = [];
        List<Contestant> engines = await EngineContestants.FindAsync(settings, path, folder, Engine);
        List<Contestant> contestants = [.. engines, .. Readers(), .. await PeersAsync(workload, folder, missing)];
        string[] order = [Changed, Unchanged, Delta];
        contestants = [.. contestants.OrderBy(c => Array.IndexOf(order, c.Scenario))];
        IReadOnlyList<Measurement> measured = await Comparison.MeasureAsync(contestants, settings.Runs, folder, (scenario, run) =>
        {
            if (scenario == Changed)
            {
                workload.Change(path, run);
            }
        });
        string text = string.Create(CultureInfo.InvariantCulture,
            $"{workload.Bytes:N0} incompressible bytes in one file; each round writes {workload.ChangedBlocks} blocks of 64 KiB anew, anywhere in it.");
        string options = string.Create(CultureInfo.InvariantCulture, $"--workload image --image-mib {settings.ImageMiB} --runs {settings.Runs}");
        return new Comparison($"image-{settings.ImageMiB}", $"An image of {settings.ImageMiB} MiB, 1 % changed", text, options, measured, missing);
    }

    private static IEnumerable<Contestant> Engine(string scheme, string[] tool, string volume)
    {
        yield return new(scheme, ContestantRole.Engine, Changed, Settle, run => [.. tool, "snapshot", "create", $"{volume}@round-{run}"]) { Grows = EngineContestants.Store };
        yield return new(scheme, ContestantRole.Engine, Unchanged, Settle, run => [.. tool, "snapshot", "create", $"{volume}@same-{run}"]) { Grows = EngineContestants.Store };
        yield return new(scheme, ContestantRole.Engine, Delta, Contestant.Nothing, run => [.. tool, "changes", $"{volume}@first", $"{volume}@round-{run}"]);
    }

    private static IEnumerable<Contestant> Readers()
    {
        yield return new("dd to /dev/null (reading the image once)", ContestantRole.Limit, Changed, Settle, _ => ["dd", "if=image", "of=/dev/null", "bs=1M", "status=none"]);
        yield return new("sha256sum of coreutils (hashing it once, one core)", ContestantRole.Peer, Changed, Settle, _ => Sh("sha256sum image >sum"));
    }

    private static async Task<List<Contestant>> PeersAsync(ImageWorkload workload, string folder, List<string> missing)
    {
        missing.AddRange(new[] { "rsync", "tar", "borg", "restic" }.Where(program => !Shell.Has(program)));
        List<Contestant> contestants =
        [
            new("cp (a whole copy)", ContestantRole.Peer, Changed, run => RemoveAsync(folder, "whole"), _ => Sh("cp --reflink=never image whole")) { Grows = "whole" },
        ];
        if (!missing.Contains("rsync"))
        {
            await Shell.OutputAsync(Sh("mkdir copy && cp image copy/image"), folder);
            contestants.Add(new(
                "rsync --only-write-batch (its delta, against a copy)", ContestantRole.Peer, Changed, run => BringCopyAsync(workload, folder, run),
                _ => Sh("rsync -t --no-whole-file --only-write-batch=batch image copy/image"))
            { Grows = "batch" });
        }

        if (!missing.Contains("tar"))
        {
            await Shell.OutputAsync(Sh("tar --listed-incremental=state.0 -cf - image | cat >/dev/null"), folder);
            foreach (string scenario in new[] { Changed, Unchanged })
            {
                // A file that changed is dumped whole; the state of the first dump is brought back for the one scenario, and that of the last for the other.
                contestants.Add(new(
                    "tar --listed-incremental (the whole file)", ContestantRole.Peer, scenario, run => BringTarStateAsync(folder, scenario),
                    _ => Sh("tar --listed-incremental=state -cf - image | cat >archive"))
                { Grows = "archive" });
            }
        }

        contestants.AddRange(await RepositoriesAsync(folder, missing));
        return contestants;
    }

    private static async Task<List<Contestant>> RepositoriesAsync(string folder, List<string> missing)
    {
        const string BorgHome = "export BORG_BASE_DIR=$PWD/borg-home BORG_REPO=$PWD/borg BORG_UNKNOWN_UNENCRYPTED_REPO_ACCESS_IS_OK=yes;";
        const string ResticHome = "export RESTIC_REPOSITORY=$PWD/restic RESTIC_PASSWORD=benchmark RESTIC_CACHE_DIR=$PWD/restic-cache;";
        const string BorgCreate = "borg create --chunker-params fixed,65536";
        List<Contestant> contestants = [];
        if (!missing.Contains("borg"))
        {
            await Shell.OutputAsync(Sh($"{BorgHome} borg init --encryption none && {BorgCreate} ::first image"), folder);
        }

        if (!missing.Contains("restic"))
        {
            await Shell.OutputAsync(Sh($"{ResticHome} restic -q init && restic -q backup image"), folder);
        }

        foreach (string scenario in new[] { Changed, Unchanged })
        {
            string prefix = scenario == Changed ? "round" : "same";
            if (!missing.Contains("borg"))
            {
                contestants.Add(new(
                    "borg create, fixed chunks of 64 KiB", ContestantRole.Peer, scenario, Settle, run => Sh($"{BorgHome} {BorgCreate} ::{prefix}-{run} image")) { Grows = "borg" });
            }

            if (!missing.Contains("restic"))
            {
                contestants.Add(new("restic backup", ContestantRole.Peer, scenario, Settle, _ => Sh($"{ResticHome} restic -q backup image")) { Grows = "restic" });
            }
        }

        return contestants;
    }

    // What the one before left to be written is not charged to the next.
    private static Task Settle(int run) => Shell.OutputAsync(["sync"], "/");

    private static async Task RemoveAsync(string folder, string name)
    {
        File.Delete(Path.Combine(folder, name));
        await Settle(0);
    }

    /// <summary>The copy is the image of the round before, as it is for all others.</summary>
    private static async Task BringCopyAsync(ImageWorkload workload, string folder, int run)
    {
        if (run > 0)
        {
            workload.Change(Path.Combine(folder, Copy, Image), run - 1);
        }

        File.Delete(Path.Combine(folder, "batch"));
        await Settle(run);
    }

    private static async Task BringTarStateAsync(string folder, string scenario)
    {
        if (scenario == Changed)
        {
            File.Copy(Path.Combine(folder, "state.0"), Path.Combine(folder, "state"), true);
        }

        File.Delete(Path.Combine(folder, "archive"));
        await Settle(0);
    }

    private static string[] Sh(string script) => ["/bin/sh", "-c", script];
}
