using System.Globalization;
using StorageEngines.EngineBenchmarks.Measuring;

namespace StorageEngines.EngineBenchmarks.Rows;

/// <summary>First snapshot, second snapshot and restore by all programs that keep snapshots, on a source that changes in between.</summary>
internal sealed class RepositoryRows(Scene scene, string source, IReadOnlyList<Repository> repositories)
{
    private readonly Dictionary<string, FolderState> _first = [];
    private readonly HashSet<string> _second = [];
    private int _spent;

    /// <summary>How a script reads into the cache what a contestant is about to read.</summary>
    public Func<string, string> Warm { get; init; } = static _ => "true";

    /// <summary>
    /// Whether what was restored stays until the row ends. ext4 without a journal does not use the inodes of files that were deleted in the last minutes,
    /// and looks at each of them for every new file: restoring many files soon after deleting many is then several times slower.
    /// </summary>
    public bool DeletesLate { get; init; }

    /// <summary>Compares a restored source with the changed one.</summary>
    public required Func<string, string> Compare { get; init; }

    /// <summary>Checks the engine's second snapshot.</summary>
    public required Func<Task<string>> CheckSecond { get; init; }

    /// <summary>Takes first snapshots into empty repositories. The source has to be unchanged.</summary>
    public Row First(string id) => new(id, "First snapshot", [.. repositories.Where(r => !r.SecondOnly).Select(r => new Contestant(r.Name, r.Role, r.First)
    {
        Prepare = () => scene.RunAsync($"({r.Initialize}) && sync && {Warm(source)}"),
        Keeps = [r.Data],
        Slow = r.Role == ContestantRole.Peer,
        EngineFasterBy = r.Role == ContestantRole.Peer ? 3 : null,
        EngineKeepsNoMore = r.Role == ContestantRole.Peer,
    })]);

    /// <summary>Takes second snapshots; the repositories are brought back to the first between runs.</summary>
    public Row Second(string id, string title, params IEnumerable<Contestant> others) => new(id, title, [.. repositories.Select(SecondOf), .. others]);

    /// <summary>Restores the second snapshot to a new place.</summary>
    public Row Restore(string id) => new(id, "Restore of the second snapshot", [.. repositories.Where(r => !r.SecondOnly).Select(r => new Contestant(r.Name, r.Role, r.Restore)
    {
        Prepare = () => scene.RunAsync($"{NewOut()} && sync && {Warm(r.Data)}"),
        Check = () => Task.FromResult(Compare(scene.At(r.Restored))),
        Slow = r.Role == ContestantRole.Peer,
        EngineFasterBy = r.Role == ContestantRole.Peer ? 2 : null,
    }), new Contestant("cp -a", ContestantRole.Limit, $"exec cp -a --reflink=never {source} out/")
    {
        Prepare = () => scene.RunAsync($"{NewOut()} && sync && {Warm(source)}"),
    }])
    {
        Begin = TakeSecondAsync,
        End = () => scene.RunAsync("rm -rf out out-*"),
    };

    /// <summary>A contestant that takes the second snapshot.</summary>
    public Contestant SecondOf(Repository r) => new(r.Name, r.Role, r.Second)
    {
        Prepare = () => ReturnToFirstAsync(r),
        Check = r.Role == ContestantRole.Engine ? CheckSecond : null,
        Keeps = [r.Data],
        Slow = r.Role == ContestantRole.Peer,
        EngineFasterBy = r.SecondFasterBy > 0 ? r.SecondFasterBy : null,
        EngineKeepsNoMore = r.Role == ContestantRole.Peer,
    };

    /// <summary>Takes first snapshots that the measured row did not leave, and remembers the repositories. The source has to be unchanged.</summary>
    public async Task KeepFirstAsync(bool measured)
    {
        foreach (Repository r in repositories)
        {
            if (!measured || r.SecondOnly)
            {
                Console.Error.WriteLine($"{r.Name}: first snapshot, not measured");
                await scene.RunAsync($"{r.Initialize}");
                await scene.RunAsync(r.First);
            }

            _first[r.Folder] = await FolderState.SaveAsync(scene.At(r.Folder));
        }
    }

    /// <summary>Takes second snapshots where there are none.</summary>
    public async Task TakeSecondAsync()
    {
        foreach (Repository r in repositories.Where(r => !_second.Contains(r.Folder) && !r.SecondOnly))
        {
            Console.Error.WriteLine($"{r.Name}: second snapshot, not measured");
            await ReturnToFirstAsync(r);
            await scene.RunAsync(r.Second);
        }
    }

    /// <summary>Brings a repository back to its first snapshot, if that was kept.</summary>
    public void BringBack(Repository r)
    {
        _first[r.Folder].Restore();
        _second.Remove(r.Folder);
    }

    private string NewOut() => DeletesLate
        ? string.Create(CultureInfo.InvariantCulture, $"(test ! -e out || mv out out-{_spent++}) && mkdir out")
        : "rm -rf out && mkdir out";

    private async Task ReturnToFirstAsync(Repository r)
    {
        _first[r.Folder].Restore();
        _second.Add(r.Folder);
        await scene.RunAsync($"sync && {Warm(source)}");
    }
}
