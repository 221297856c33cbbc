using System.Text.Json;
using StorageEngines.Btrfs.Changes;
using StorageEngines.BtrfsStreams;

namespace StorageEngines.Btrfs.Tests.Changes;

/// <summary>The recorded streams; one copy of them is kept with the tests of the portable formats.</summary>
internal static class Vectors
{
    internal static string Root { get; } = Path.Combine(RepositoryRoot(), "tests/StorageEngines.Tests/Golden/btrfs-progs-6.2");

    /// <summary>Every case with every kind of its difference.</summary>
    internal static IEnumerable<(string Case, string File)> Differences()
        => from folder in Directory.GetDirectories(Root)
           where File.Exists(Path.Combine(folder, "truth.json"))
           from file in Directory.GetFiles(folder, "incr.*.send")
           let found = (Path.GetFileName(folder), Path.GetFileName(file))
           orderby found
           select found;

    /// <summary>All streams, the damaged ones not.</summary>
    internal static IEnumerable<(string Case, string File)> Streams()
        => Differences().Concat(
            from folder in Directory.GetDirectories(Root)
            let file = Path.Combine(folder, "base.full-data-v1.send")
            where File.Exists(file)
            orderby folder
            select (Path.GetFileName(folder), Path.GetFileName(file)));

    internal static byte[] Read(string name, string file) => File.ReadAllBytes(Path.Combine(Root, name, file));

    internal static JsonElement Json(string name, string file)
    {
        using JsonDocument document = JsonDocument.Parse(Read(name, file));
        return document.RootElement.Clone();
    }

    internal static BytePath PathOf(JsonElement entry, string property = "path")
        => entry.TryGetProperty(property + "Hex", out JsonElement hex)
            ? new BytePath(Convert.FromHexString(hex.GetString()!))
            : BytePath.FromString(entry.GetProperty(property).GetString()!);

    internal static List<FileChange> Reduce(byte[] stream, ReducerOptions options)
    {
        using var reducer = new ChangeReducer(options);
        reducer.Read(new BtrfsSendReader(new MemoryStream(stream), "stream"), TestContext.Current.CancellationToken);
        return [.. reducer.Changes(TestContext.Current.CancellationToken)];
    }

    private static string RepositoryRoot()
    {
        string? at = AppContext.BaseDirectory;
        while (at is not null && !File.Exists(Path.Combine(at, "StorageEngines.sln")))
        {
            at = Path.GetDirectoryName(at);
        }

        return at ?? throw new InvalidOperationException("The tests have to run within the repository, for their recorded streams.");
    }
}
