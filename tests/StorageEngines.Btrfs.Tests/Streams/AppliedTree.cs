using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using StorageEngines.Btrfs.Streams;
using StorageEngines.BtrfsStreams;
using StorageEngines.Posix;
using StorageEngines.Tests.Portable.Trees;

namespace StorageEngines.Btrfs.Tests.Streams;

/// <summary>A directory that streams are applied to by the engine's own receiver, without a Btrfs around it; a sibling tells whether it stayed within. Goes with this object.</summary>
internal sealed class AppliedTree : IDisposable
{
    private readonly string _directory = Path.Combine(
        Directory.Exists("/dev/shm") ? "/dev/shm" : Path.GetTempPath(),
        string.Create(CultureInfo.InvariantCulture, $"seng-test-receive-{Environment.ProcessId}-{RandomNumberGenerator.GetHexString(8, lowercase: true)}"));

    private readonly SortedDictionary<BytePath, string> _canary;

    internal AppliedTree()
    {
        Directory.CreateDirectory(Path.Combine(_directory, "canary", "cage"));
        File.WriteAllText(Path.Combine(_directory, "canary", "bird"), "sings");
        File.CreateSymbolicLink(Path.Combine(_directory, "canary", "link"), "bird");
        _canary = LiveTree.Read(At("canary"));
        Clear();
    }

    /// <summary>The tree's path.</summary>
    internal BytePath Root => At("tree");

    /// <summary>Where what may not be touched is.</summary>
    internal string Canary => Path.Combine(_directory, "canary");

    /// <summary>What the tree holds.</summary>
    internal SortedDictionary<BytePath, string> Lines => LiveTree.Read(Root);

    /// <summary>Empties the tree.</summary>
    internal void Clear()
    {
        using BeneathRoot above = BeneathRoot.Open(Encoding.UTF8.GetBytes(_directory));
        Delete(above, "tree"u8.ToArray());
        above.MakeDirectory("tree"u8);
    }

    /// <summary>Applies a stream as the engine does. Data is cloned from the tree itself: there is no base beside it.</summary>
    /// <param name="stream">The stream.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <param name="goesOn">Whether to go on after a command that is refused, which the engine never does.</param>
    /// <returns>How many commands were refused.</returns>
    internal int Apply(byte[] stream, CancellationToken cancellationToken = default, bool goesOn = false)
    {
        using BeneathRoot root = BeneathRoot.Open(Root.Span);
        var reader = new BtrfsSendReader(new MemoryStream(stream), "stream");
        var checker = new BtrfsStreamChecker(reader, clonesFromOthers: true);
        EncodedExtents? decoder = null;
        int refused = 0;
        using var tree = new ReceivedTree(root, _ => root, cancellationToken);
        while (reader.Read())
        {
            cancellationToken.ThrowIfCancellationRequested();
            try
            {
                BtrfsCommandDispatcher.One(reader, checker, ref decoder);
                BtrfsCommandDispatcher.One(reader, tree, ref decoder);
            }
            catch (Exception e) when (goesOn && e is (StorageEngineException or PosixException))
            {
                refused++;
            }
        }

        checker.Complete();
        return refused;
    }

    /// <summary>Asserts that nothing beside the tree was touched.</summary>
    internal void AssertStayedWithin(string context)
    {
        Assert.True(_canary.SequenceEqual(LiveTree.Read(At("canary"))), $"{context}: something beside the tree was changed");
        string[] beside = [.. Directory.GetFileSystemEntries(_directory).Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal)];
        Assert.True(beside is ["canary", "tree"], $"{context}: beside the tree there is {string.Join(' ', beside)}");
    }

    public void Dispose()
    {
        using BeneathRoot above = BeneathRoot.Open("/"u8);
        Delete(above, Encoding.UTF8.GetBytes(_directory[1..]));
    }

    private BytePath At(string name) => BytePath.FromString(Path.Combine(_directory, name));

    // Directory.Delete does not know names that are no text.
    private static void Delete(BeneathRoot root, byte[] path)
    {
        if (!root.TryGetStatus(path, out FileStatus status))
        {
            return;
        }

        if (!status.IsDirectory)
        {
            root.Unlink(path);
            return;
        }

        var names = new List<byte[]>();
        using (DirectoryHandle directory = root.OpenDirectory(path))
        {
            foreach (DirectoryEntry entry in directory.Entries(new byte[16384]))
            {
                names.Add(entry.Name.ToArray());
            }
        }

        foreach (byte[] name in names)
        {
            Delete(root, [.. path, (byte)'/', .. name]);
        }

        root.RemoveDirectory(path);
    }
}
