namespace StorageEngines.Specification;

/// <summary>The whole content of a tree volume's snapshot, read by walking it: what a file difference is held against.</summary>
public sealed class TreeImage
{
    private TreeImage(SortedDictionary<BytePath, TreeNode> nodes) => Nodes = nodes;

    /// <summary>The nodes by path, the root among them.</summary>
    public SortedDictionary<BytePath, TreeNode> Nodes { get; }

    /// <summary>Walks a snapshot and reads every file.</summary>
    /// <param name="engine">The engine; it has a tree reader and a snapshot reader.</param>
    /// <param name="snapshot">The snapshot.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The image.</returns>
    public static async Task<TreeImage> ReadAsync(IStorageEngine engine, SnapshotRef snapshot, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(engine);
        ITreeReader tree = engine.Feature<ITreeReader>()!;
        ISnapshotReader reader = engine.Feature<ISnapshotReader>()!;
        var nodes = new SortedDictionary<BytePath, TreeNode>();
        await foreach (TreeEntry entry in tree.ListAsync(snapshot, default, cancellationToken))
        {
            Assert.True(nodes.Count > 0 || entry.Path.IsRoot, $"The root comes first in a listing; '{entry.Path}' came.");
            Assert.True(entry.Path.IsRoot || nodes.ContainsKey(entry.Path.Parent), $"A directory comes before what is below it; '{entry.Path}' came too early.");
            Assert.False(nodes.ContainsKey(entry.Path), $"'{entry.Path}' was listed twice.");
            bool isFile = entry.Type == TreeEntryType.File;
            byte[] content = isFile ? await ReadAllAsync(reader, snapshot, entry.Path, cancellationToken) : [];
            Assert.True(!isFile || content.LongLength == entry.SizeBytes, $"'{entry.Path}' is listed with {entry.SizeBytes} bytes and read with {content.Length}.");
            nodes.Add(entry.Path, new TreeNode(entry, content));
        }

        return new TreeImage(nodes);
    }

    /// <summary>Reads all bytes of a snapshot or of one of its files.</summary>
    /// <param name="reader">The reader.</param>
    /// <param name="snapshot">The snapshot.</param>
    /// <param name="path">The file; null for a block volume.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The bytes.</returns>
    public static async Task<byte[]> ReadAllAsync(ISnapshotReader reader, SnapshotRef snapshot, BytePath? path, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(reader);
        await using Stream stream = await reader.OpenReadAsync(snapshot, path, cancellationToken);
        var bytes = new byte[stream.Length];
        await stream.ReadExactlyAsync(bytes, cancellationToken);
        Assert.Equal(0, await stream.ReadAsync(new byte[1], cancellationToken));
        return bytes;
    }
}
