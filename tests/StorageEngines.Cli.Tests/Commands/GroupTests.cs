using System.Text.Json;
using StorageEngines.Testing;

namespace StorageEngines.Cli.Tests.Commands;

/// <summary><c>snapshot create --with</c> and <c>snapshot delete --group</c>.</summary>
public sealed class GroupTests
{
    private readonly InMemoryStorageEngine _engine = new();
    private readonly InProcessCli _cli;

    public GroupTests()
    {
        _cli = new InProcessCli(_engine);
        _engine.CreateBlockVolume("data", 1 << 20);
        _engine.CreateBlockVolume("log", 1 << 20);
        _engine.CreateBlockVolume("wal", 1 << 20);
    }

    [Fact]
    public async Task Volumes_are_taken_together_shown_as_a_group_and_deleted_together()
    {
        CliResult made = (await _cli.RunAsync("snapshot", "create", "memory:data@a", "--with", "memory:log", "--with", "memory:wal")).Expect(0);
        Assert.Contains("created group a of 3 snapshots  (crash)", made.Output, StringComparison.Ordinal);
        Assert.Empty(made.Error);
        JsonElement again = (await _cli.RunAsync("snapshot", "create", "memory:data@a", "--with", "memory:log", "--with", "memory:wal", "--json")).Expect(0).Json;
        Assert.True(again.GetProperty("wasThere").GetBoolean());
        Assert.True(again.GetProperty("complete").GetBoolean());
        string id = again.GetProperty("groupId").GetString()!;
        Assert.All(again.GetProperty("members").EnumerateArray(), member => Assert.Equal(id, member.GetProperty("groupId").GetString()));
        Assert.Equal("log@a", Listed(await _cli.RunAsync("snapshot", "list", "memory:log", "--json"), "log"));

        JsonElement gone = (await _cli.RunAsync("snapshot", "delete", "memory:wal@a", "--group", "--json")).Expect(0).Json;
        Assert.Equal(3, gone.GetProperty("members").GetArrayLength());
        Assert.Equal(0, (await _cli.RunAsync("snapshot", "list", "memory:data", "--json")).Expect(0).Json.GetProperty("snapshots").GetArrayLength());
    }

    [Fact]
    public async Task A_name_that_one_member_has_already_is_refused_and_nothing_is_taken()
    {
        (await _cli.RunAsync("snapshot", "create", "memory:log@a")).Expect(0);
        (await _cli.RunAsync("snapshot", "create", "memory:data@a", "--with", "memory:log")).Expect(4);
        (await _cli.RunAsync("snapshot", "create", "memory:log@a", "--with", "memory:data", "--new")).Expect(4);
        Assert.Equal(0, (await _cli.RunAsync("snapshot", "list", "memory:data", "--json")).Expect(0).Json.GetProperty("snapshots").GetArrayLength());
    }

    [Fact]
    public async Task Labels_that_are_not_kept_are_told()
        => Assert.Contains(
            "keeps no labels", (await _cli.RunAsync("snapshot", "create", "memory:data@a", "--with", "memory:log", "--label", "why=test")).Expect(0).Error, StringComparison.Ordinal);

    [Theory]
    [InlineData("given twice", "snapshot", "create", "memory:data@a", "--with", "memory:data")]
    [InlineData("--paranoid does not go", "snapshot", "create", "memory:data@a", "--with", "memory:log", "--paranoid")]
    [InlineData("not the address of a volume", "snapshot", "create", "memory:data@a", "--with", "")]
    [InlineData("--data-only does not go", "snapshot", "delete", "memory:data@single", "--group", "--data-only")]
    [InlineData("is not a member of a group", "snapshot", "delete", "memory:data@single", "--group")]
    public async Task What_cannot_be_meant_is_an_error_of_usage(string says, params string[] arguments)
    {
        (await _cli.RunAsync("snapshot", "create", "memory:data@single")).Expect(0);
        Assert.Contains(says, (await _cli.RunAsync(arguments)).Expect(2).Error, StringComparison.Ordinal);
    }

    private static string Listed(CliResult result, string volume) => $"{volume}@{result.Expect(0).Json.GetProperty("snapshots")[0].GetProperty("name").GetString()}";
}
