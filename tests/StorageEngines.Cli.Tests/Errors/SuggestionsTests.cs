using StorageEngines.Cli.Errors;

namespace StorageEngines.Cli.Tests.Errors;

public sealed class SuggestionsTests
{
    private static readonly string[] Known = ["engines", "probe", "volumes", "snapshot", "changes", "diff"];

    [Theory]
    [InlineData("snapshto", "snapshot")]
    [InlineData("engnies", "engines")]
    [InlineData("chnages", "changes")]
    [InlineData("snap", "snapshot")]
    [InlineData("dif", "diff")]
    public void A_near_word_is_found(string typed, string meant) => Assert.Equal(meant, Suggestions.For(typed, Known)[0]);

    [Theory]
    [InlineData("xyzzy")]
    [InlineData("")]
    public void What_is_not_near_is_not_suggested(string typed) => Assert.Empty(Suggestions.For(typed, Known));
}
