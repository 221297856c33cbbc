using System.Text;
using StorageEngines.CephRbd.Blocks;
using StorageEngines.CephRbd.Hosts.Commands;
using StorageEngines.CephRbd.Hosts.Commands.Parsing;
using StorageEngines.RemoteShells;
using StorageEngines.Transport;

namespace StorageEngines.CephRbd.Tests.Hosts.Commands;

/// <summary>The Python program, with modules that stand in for Ceph's (<c>Fake/python</c>).</summary>
public sealed class RbdProgramTests
{
    private const string Python = "/usr/bin/python3";

    private static async Task<(int Exit, byte[] Output, string Errors)> RunAsync(string conf, string keyring, params string[] words)
    {
        Assert.SkipUnless(File.Exists(Python), $"backend missing: python3: {Python} is not there");
        const string Start = "import sys; sys.dont_write_bytecode = True; sys.path.insert(0, sys.argv[1]); text = sys.argv[2]; sys.argv[1:] = sys.argv[3:]; exec(text, {})";
        CommandArgument[] arguments =
        [
            "-I", "-c", Start, Path.Combine(AppContext.BaseDirectory, "Hosts", "Commands", "Fake", "python"), RbdProgram.Text, "client.admin", conf, keyring, "30", "32",
            .. words.Select(CommandArgument.FromString),
        ];
        var request = new CommandRequest(Python, arguments) { SuccessExitCodes = [.. Enumerable.Range(0, 256)] };
        CommandResult result = await new LocalCommandRunner().RunAsync(request, cancellationToken: TestContext.Current.CancellationToken);
        return (result.Exit.ExitCode, result.StandardOutput.ToArray(), result.Exit.StandardErrorTail);
    }

    private static async Task<string[]> AskAsync(params string[] words)
    {
        (int exit, byte[] output, string errors) = await RunAsync("", "", words);
        Assert.True(exit == 0, $"{exit}: {errors}");
        return Encoding.Latin1.GetString(output).Split('\0')[..^1];
    }

    private static async Task<List<RawExtent>> ReadAsync(byte[] output)
    {
        List<RawExtent> extents = [];
        await foreach (IReadOnlyList<RawExtent> some in new DiffReader(new MemoryStream(output), 0).ReadAsync(TestContext.Current.CancellationToken))
        {
            extents.AddRange(some);
        }

        return extents;
    }

    [Fact]
    public async Task Pools_that_are_there_are_told()
    {
        (_, byte[] output, _) = await RunAsync("", "", "facts");
        ClusterFacts facts = ClusterFacts.Parse(RbdShell.FieldsOf(output));
        Assert.Equal(("f-s-i-d", 3, 9L), (facts.Fsid, facts.Pools.Count, facts.NumberOf("pé")));
    }

    [Fact]
    public async Task Pools_that_are_full_are_told() => Assert.Equal(["rbd", "pé"], (await AskAsync("full")).Select(each => Encoding.UTF8.GetString(Encoding.Latin1.GetBytes(each))));

    [Theory]
    [InlineData("", 0, "")]
    [InlineData("/mute", 110, "pool pé: timed out")]
    public async Task A_probe_asks_each_pool(string keyring, int code, string words)
    {
        (int exit, byte[] output, string errors) = await RunAsync("", keyring, "probe");
        Assert.Equal((code, words), (exit, errors.Trim()));
        Assert.Equal(3, ClusterFacts.Parse(RbdShell.FieldsOf(output)).Pools.Count);
    }

    [Fact]
    public async Task A_user_who_may_see_no_image_is_told_so() => Assert.Equal(1, (await RunAsync("", "/closed", "list")).Exit);

    [Theory]
    [InlineData("pé", "9")]
    [InlineData("nope", "")]
    public async Task A_pool_has_a_number(string name, string number) => Assert.Equal(number, Encoding.ASCII.GetString((await RunAsync("", "", "pool", name)).Output));

    [Fact]
    public async Task Every_image_is_listed_that_the_user_may_see_whatever_its_name()
    {
        (_, byte[] output, _) = await RunAsync("", "", "list");
        Fields fields = RbdShell.FieldsOf(output);
        ClusterFacts.Parse(fields);
        var names = new HashSet<string>();
        while (!fields.IsAtEnd)
        {
            Assert.Equal((1, "ns"), (fields.Number(), fields.Text()));
            fields.Next();
            names.Add(fields.Text());
        }

        Assert.Equal(600, names.Count);
        Assert.Contains("a\uFFFD", names);
        Assert.Contains("image0599", names);
    }

    [Fact]
    public async Task Notes_keep_their_values_when_some_are_empty()
    {
        string[] fields = await AskAsync("notes", "1", "ns", "1");
        Assert.Equal(600, fields.Length);
        Assert.Equal(["k0003", "", "k0004", "v4"], fields[6..10]);
        Assert.Equal(["k0299", "v299"], fields[^2..]);
    }

    [Fact]
    public async Task Notes_that_are_long_are_read_whole()
    {
        string[] fields = await AskAsync("notes", "1", "ns", "2");
        Assert.Equal((80, 60000), (fields.Length, fields[^1].Length));
    }

    [Fact]
    public async Task Notes_are_set_and_removed()
        => Assert.Equal("set a=\nset -b=é\nremove c\nclosed\n", Encoding.UTF8.GetString((await RunAsync("", "", "note", "1", "ns", "1", "set", "a", "", "set", "-b", "é", "remove", "none", "remove", "c")).Output));

    [Theory]
    [InlineData("1", "3")]
    [InlineData("0", "3", "4")]
    [InlineData("1")]
    public async Task Maps_are_valid_if_all_are(string valid, params string[] snapshots) => Assert.Equal([valid], await AskAsync(["maps", "1", "ns", "1", .. snapshots]));

    [Theory]
    [InlineData(0, 1)]
    [InlineData(7, 9 << 20)]
    [InlineData(10 << 20, 0)]
    public async Task A_range_is_read(int offset, int count)
    {
        (int exit, byte[] output, _) = await RunAsync("", "", "read", "1", "ns", "1", "4", $"{offset}", $"{count}");
        Assert.Equal((0, count), (exit, output.Length));
        Assert.All(output.Take(100), each => Assert.Equal(4, each));
    }

    // Objects of 4 KiB, in periods of 8 KiB: what changed begins in the midst of the image, and goes on to its last half object.
    [Theory]
    [InlineData("exact", "3", 0, 1501, "walk 0+10487808")]
    [InlineData("exact", "3", 2200 * 4096 - 1, 3, "walk 9003008+1484800")]
    [InlineData("exact", "", 0, 1501, "walk 0+10487808")]
    [InlineData("whole-object", "3", 2200 * 4096, 1501, "walk 0+10487808")]
    [InlineData("hybrid", "3", 0, 1501, "walk 0+10487808\nwalk 2867200+6144000\nwalk 10485760+2048")]
    [InlineData("hybrid", "3", 2200 * 4096 - 1, 3, "walk 0+10487808\nwalk 9003008+8192\nwalk 10485760+2048")]
    [InlineData("hybrid", "3", 10485760, 1, "walk 0+10487808\nwalk 10485760+2048")]
    public async Task A_difference_is_asked_for_where_it_may_be(string mode, string from, long start, int count, string walks)
    {
        (int exit, byte[] output, string errors) = await RunAsync("", "", "diff", "1", "ns", "1", "4", from, mode, $"{start}", "8192");
        Assert.Equal((0, walks), (exit, errors.Trim()));
        List<RawExtent> extents = await ReadAsync(output);
        bool isWhole = mode == "whole-object";
        Assert.Equal(count, extents.Count);
        Assert.Equal(new RawExtent(10485760 + (isWhole ? 0 : 512), isWhole ? 4096 : 1000, Exists: isWhole), extents[^1]);
        Assert.All(extents.SkipLast(1), each => Assert.Equal((isWhole ? 0 : 512, isWhole ? 4096 : 1000, true), (each.Offset % 4096, each.Length, each.Exists)));
    }

    [Theory]
    [InlineData("exact")]
    [InlineData("whole-object")]
    [InlineData("hybrid")]
    public async Task Nothing_differs(string mode)
    {
        (int exit, byte[] output, _) = await RunAsync("", "", "diff", "1", "ns", "1", "3", "3", mode, "0", "8192");
        Assert.Equal(0, exit);
        Assert.Empty(await ReadAsync(output));
    }

    [Fact]
    public async Task Periods_that_are_the_same_are_told()
        => Assert.Equal(["0", "9011200"], await AskAsync("unchanged", "1", "ns", "1", "4", "3", "4096", "0", "2867200", "9007104", "9011200", "10485760", "10489856"));

    [Theory]
    [InlineData(RbdExit.ImageGone, "notes", "1", "ns", "9")]
    [InlineData(RbdExit.ImageGone, "maps", "1", "", "1")]
    [InlineData(RbdExit.ImageGone, "note", "1", "ns", "9", "set", "a", "b")]
    [InlineData(RbdExit.SnapshotGone, "maps", "1", "ns", "1", "3", "5")]
    [InlineData(RbdExit.SnapshotGone, "read", "1", "ns", "1", "5", "0", "1")]
    [InlineData(RbdExit.ImageGone, "diff", "1", "ns", "9", "4", "3", "exact", "0", "4096")]
    [InlineData(RbdExit.SnapshotGone, "diff", "1", "ns", "1", "5", "3", "exact", "0", "4096")]
    [InlineData(RbdExit.BaseGone, "diff", "1", "ns", "1", "4", "2", "hybrid", "0", "4096")]
    [InlineData(RbdExit.SnapshotGone, "unchanged", "1", "ns", "1", "5", "3", "4096", "0")]
    [InlineData(RbdExit.BaseGone, "unchanged", "1", "ns", "1", "4", "2", "4096", "0")]
    [InlineData(RbdExit.ImageGone, "notes", "8", "", "1")]
    [InlineData(RbdExit.ImageGone, "read", "8", "", "1", "3", "0", "1")]
    [InlineData(1, "notes", "2", "", "1")]
    [InlineData(22, "note", "1", "ns", "1", "set", "conf_x", "b")]
    [InlineData(5, "read", "1", "ns", "1", "x", "0", "1")]
    [InlineData(5, "nothing")]
    public async Task What_is_not_there_or_fails_has_its_exit_code(int exit, params string[] words) => Assert.Equal(exit, (await RunAsync("", "", words)).Exit);

    [Theory]
    [InlineData("/missing", "", 2)]
    [InlineData("", "/slow", 110)]
    [InlineData("", "/none", RbdExit.KeyMissing)]
    public async Task A_cluster_that_is_not_reached_is_told_apart_from_what_is_not_there(string conf, string keyring, int code)
    {
        (int exit, _, string errors) = await RunAsync(conf, keyring, "facts");
        Assert.Equal((code, true), (exit, RbdWords.IsWithoutConnection(errors)));
    }
}
