namespace StorageEngines.Tests.Changes;

public sealed class ChangeTokenTests
{
    [Fact]
    public void A_token_survives_as_text()
    {
        ChangeToken token = new("zfs", "tank:vm", "7 / ü", "4%5:6");
        Assert.Equal(token, ChangeToken.Parse(token.ToString()));
        Assert.Matches("^ct1:[!-~]+$", token.ToString());
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("ct2:a:b:c:d")]
    [InlineData("ct1:a:b:c")]
    [InlineData("ct1:a:b:c:d:e")]
    public void Other_text_is_no_token(string? text) => Assert.False(ChangeToken.TryParse(text, out _));
}
