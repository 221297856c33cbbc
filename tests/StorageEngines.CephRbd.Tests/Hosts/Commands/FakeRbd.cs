using System.Collections.Concurrent;
using StorageEngines.CephRbd.Hosts.Commands;
using StorageEngines.CephRbd.Images;
using StorageEngines.Transport;

namespace StorageEngines.CephRbd.Tests.Hosts.Commands;

/// <summary>
/// A program rbd (<c>Fake/rbd</c>) and a Python (<c>Fake/python3</c>) that answer as a test says, for what a cluster does not do when it is wished. They are run by a real shell on this machine, before any rbd
/// that may be installed.
/// </summary>
internal sealed class FakeRbd : ICommandRunner, IAsyncDisposable
{
    /// <summary>The image that it is about.</summary>
    internal static readonly RbdImage Image = new(new ImageKey("fsid", Recorded.Pool, "golden", "1012abc"), new ImagePath("rbd", "golden", "-v '\"\\é"), 64 << 20, 4 << 20, 1, RbdFeatures.None);

    /// <summary>Its first snapshot.</summary>
    internal static readonly RbdSnapshot First = new(3, "A", 64 << 20, SnapshotSpace.User, DateTimeOffset.UnixEpoch, IsProtected: false, null);

    /// <summary>Its second snapshot.</summary>
    internal static readonly RbdSnapshot Second = First with { Id = 5, Name = Recorded.Hostile };

    /// <summary>A group's snapshot of it.</summary>
    internal static readonly RbdSnapshot Grouped = First with { Id = 6, Name = ".group.1", Space = SnapshotSpace.Group, Group = new GroupSnapshotName(Recorded.Pool, "g", "s") };

    /// <summary>What <c>rbd info</c> says of it.</summary>
    internal const string Info = """{"name":"-v '\"\\é","id":"1012abc","size":67108864,"object_size":4194304,"features":[],"parent":{"id":"999"}}""";

    /// <summary>What <c>rbd snap ls</c> says of it.</summary>
    internal const string Snapshots = """[{"id":3,"name":"A","size":1,"protected":"false","timestamp":"","namespace":{"type":"user"}},{"id":5,"name":"a \"b\\c\td é\n\u0001\u007f*€","size":1,"protected":"false","timestamp":"","namespace":{"type":"user"}},{"id":6,"name":".group.1","size":1,"protected":"false","timestamp":"","namespace":{"type":"group","pool":"rbd","group":"g","group snap":"s"}}]""";

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("seng-rbd-");
    private readonly LocalCommandRunner _runner = new();

    /// <summary>Makes one that knows the image and its snapshots, and nothing else.</summary>
    internal FakeRbd(CephRbdSettings? settings = null)
    {
        foreach (string program in new[] { "rbd", "python3" })
        {
            File.CreateSymbolicLink(Path.Combine(_folder.FullName, program), Path.Combine(AppContext.BaseDirectory, "Hosts", "Commands", "Fake", program));
        }

        File.WriteAllText(Path.Combine(_folder.FullName, "ceph"), $"#! {_folder.FullName}/python3 -s\n");
        On("py pool", $"printf {Recorded.Pool}");
        On("info", Say(Info));
        On("snap ls", Say(Snapshots));
        Shell = new RbdShell(this, settings ?? new CephRbdSettings()) { OnStep = step => { Steps.Enqueue(step); return default; } };
    }

    /// <inheritdoc/>
    public string Host => "localhost";

    /// <inheritdoc/>
    public bool IsLocal => true;

    /// <summary>The shells that find it.</summary>
    internal RbdShell Shell { get; }

    /// <summary>What was told before each script.</summary>
    internal ConcurrentQueue<string> Steps { get; } = [];

    /// <summary>What it was called for: the verbs, and then each word, with a bar behind each.</summary>
    internal string[] Calls => Has("calls")() ? File.ReadAllText(Path.Combine(_folder.FullName, "calls")).Split('\u001e', StringSplitOptions.RemoveEmptyEntries) : [];

    /// <summary>The verbs that it was called for.</summary>
    internal IEnumerable<string> Verbs => Calls.Select(call => call.Split('|')[0]);

    /// <summary>The image, open.</summary>
    internal CommandImage Open() => new(Shell, new ImageState(Image, [First, Second, Grouped]));

    /// <summary>Says what it does.</summary>
    /// <param name="verb">For these words.</param>
    /// <param name="script">The shell text that it runs.</param>
    internal void On(string verb, string script) => File.WriteAllText(Path.Combine(_folder.FullName, verb), script + "\n");

    /// <summary>Says what it does the first time, and later.</summary>
    internal void On(string verb, string first, string later) => On(verb, $"if [ -e \"$here/{verb} once\" ]; then {later}; else : >\"$here/{verb} once\"; {first}; fi");

    /// <summary>Whether a file is there that what it does has made, once that is asked.</summary>
    internal Func<bool> Has(string name) => () => File.Exists(Path.Combine(_folder.FullName, name));

    /// <summary>Makes a file that what it does may wait for.</summary>
    internal void Put(string name) => File.WriteAllText(Path.Combine(_folder.FullName, name), "");

    /// <summary>Shell text that prints something.</summary>
    internal static string Say(string text) => $"printf '%s' '{text.Replace("'", "'\\''", StringComparison.Ordinal)}'";

    /// <inheritdoc/>
    public ValueTask<ICommandExecution> StartAsync(CommandRequest request, CancellationToken cancellationToken = default)
    {
        string path = $"{_folder.FullName}:{Environment.GetEnvironmentVariable("PATH")}";
        return _runner.StartAsync(request with { Environment = new Dictionary<string, string> { ["PATH"] = path, ["SENG_FAKE_RBD"] = _folder.FullName } }, cancellationToken);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await Shell.DisposeAsync();
        _folder.Delete(recursive: true);
    }
}
