using StorageEngines.EngineBenchmarks.Measuring;

namespace StorageEngines.EngineBenchmarks.Rows;

/// <summary>A program that keeps snapshots: how it is called.</summary>
internal sealed record Repository(string Name, ContestantRole Role, string Folder)
{
    /// <summary>What it keeps, for its size; relative to the scratch directory.</summary>
    public required string Data { get; init; }

    /// <summary>Makes an empty repository; not timed.</summary>
    public required string Initialize { get; init; }

    public required string First { get; init; }

    public required string Second { get; init; }

    public required string Restore { get; init; }

    /// <summary>Where it restores to, relative to the scratch directory.</summary>
    public required string Restored { get; init; }

    /// <summary>Whether it takes part in the second snapshot only.</summary>
    public bool SecondOnly { get; init; }

    /// <summary>How many times faster the engine has to take the second snapshot.</summary>
    public double SecondFasterBy { get; init; }

    /// <summary>The engine and its peers, for a source of this name in the scratch directory.</summary>
    public static IEnumerable<Repository> All(Scene scene, string source, double secondFasterBy)
    {
        yield return Engine(scene, source);
        if (scene.Has("restic"))
        {
            yield return Restic(scene, source, secondFasterBy);
        }

        if (scene.Has("borg"))
        {
            yield return Borg("borg", "borg create -C zstd", source, secondFasterBy);
        }
    }

    /// <summary>borg with fixed chunks, which it does not use by default but which suit an image.</summary>
    public static Repository BorgFixed(string source, double secondFasterBy)
        => Borg("borg-fixed", "borg create -C zstd --chunker-params fixed,65536", source, secondFasterBy) with { Name = "borg, fixed chunks of 64 KiB", SecondOnly = true };

    private static Repository Engine(Scene scene, string source)
    {
        string tool = scene.Tool("store"), volume = $"tarrsync:{scene.At(source)}";
        return new("tarrsync", ContestantRole.Engine, "store")
        {
            Data = "store",
            Initialize = "rm -rf store",
            First = $"exec {tool} snapshot create {volume}@first >first.json",
            Second = $"exec {tool} snapshot create {volume}@second >second.json",
            Restore = $"exec {tool} restore {volume}@second out/{source} >restore.json",
            Restored = $"out/{source}",
        };
    }

    private static Repository Restic(Scene scene, string source, double secondFasterBy)
    {
        const string Restic = "export RESTIC_REPOSITORY=$PWD/restic/repo RESTIC_CACHE_DIR=$PWD/restic/cache RESTIC_PASSWORD=benchmark; exec restic -q";
        return new("restic", ContestantRole.Peer, "restic")
        {
            Data = "restic/repo",
            Initialize = $"rm -rf restic && mkdir restic && {Restic} init --repository-version 2",
            First = $"{Restic} backup --compression auto {source}",
            Second = $"{Restic} backup --compression auto {source}",
            Restore = $"{Restic} restore latest --target out",
            Restored = $"out/{source}",
            SecondFasterBy = secondFasterBy,
        };
    }

    private static Repository Borg(string folder, string create, string source, double secondFasterBy)
    {
        string home = $"export BORG_BASE_DIR=$PWD/{folder}/home BORG_REPO=$PWD/{folder}/repo BORG_UNKNOWN_UNENCRYPTED_REPO_ACCESS_IS_OK=yes;";
        return new("borg", ContestantRole.Peer, folder)
        {
            Data = $"{folder}/repo",
            Initialize = $"rm -rf {folder} && mkdir {folder} && {home} exec borg init --encryption none",
            First = $"{home} exec {create} ::first {source}",
            Second = $"{home} exec {create} ::second {source}",
            Restore = $"{home} cd out && exec borg extract ::second",
            Restored = $"out/{source}",
            SecondFasterBy = secondFasterBy,
        };
    }
}
