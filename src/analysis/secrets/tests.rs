//! The tokens here are put together while the tests run, so that no scanner finds one in this file.

use super::shapes::{base62, crc32};
use super::*;

/// What is found in a text, and the text of each.
fn found(text: &str) -> Vec<(&'static str, &str)> {
    find(text)
        .into_iter()
        .map(|secret| (secret.what, &text[secret.range]))
        .collect()
}

/// `length` characters of an alphabet, mixed and always the same.
fn noise(alphabet: &str, length: usize) -> String {
    let letters: Vec<char> = alphabet.chars().collect();
    (0..length)
        .map(|at| letters[(at * 7 + at / 5 * 3 + 1) % letters.len()])
        .collect()
}

const HEX: &str = "0123456789abcdef";
const BASE32: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
const BASE62: &str = "0a1BcD2eF3gH4iJ5kL6mN7oP8qR9sTuVwXyZ";

fn github(prefix: &str) -> String {
    let body = noise(BASE62, 30);
    let checksum = base62(crc32(body.as_bytes()));
    format!("{prefix}{body}{checksum}")
}

fn jwt(header: &str) -> String {
    format!("{header}.eyJpc3MiOiJjZWxsd2lzZSJ9.{}", noise(BASE62, 43))
}

/// One of every kind that has a shape.
pub(crate) fn planted() -> Vec<(&'static str, String)> {
    let token = |prefix: &[&str], alphabet, length| prefix.concat() + &noise(alphabet, length);
    vec![
        ("an AWS access key id", token(&["AK", "IA"], BASE32, 16)),
        ("an AWS access key id", token(&["AS", "IA"], BASE32, 16)),
        ("a GitHub token", github("ghp_")),
        ("a GitHub token", github("gho_")),
        ("a GitHub token", github("ghs_")),
        (
            "a GitHub token",
            token(&["github", "_pat_", &noise(BASE62, 22), "_"], BASE62, 59),
        ),
        ("a GitLab token", token(&["glp", "at-"], BASE62, 20)),
        (
            "a Slack token",
            token(&["xo", "xb-123451234512-"], BASE62, 24),
        ),
        (
            "a Slack token",
            token(&["xo", "xp-123451234512-123412341234-"], BASE62, 24),
        ),
        ("a Google API key", token(&["AI", "za"], BASE62, 35)),
        ("an OpenAI-like API key", token(&["sk", "-"], BASE62, 48)),
        (
            "an OpenAI-like API key",
            token(&["sk", "-proj-"], BASE62, 120),
        ),
        (
            "an Anthropic API key",
            token(&["sk", "-ant-api03-"], BASE62, 95),
        ),
        ("a Stripe key", token(&["sk", "_live_"], BASE62, 24)),
        ("a Stripe key", token(&["rk", "_live_"], BASE62, 24)),
        ("a JSON Web Token", jwt("eyJhbGciOiJIUzI1NiJ9")),
        ("a Databricks token", token(&["da", "pi"], HEX, 32)),
        ("a Databricks token", token(&["da", "pi"], HEX, 32) + "-3"),
        ("a Hugging Face token", token(&["h", "f_"], BASE62, 34)),
    ]
}

#[test]
fn every_shape_is_found_wherever_it_stands() {
    for (what, token) in planted() {
        for text in [
            token.clone(),
            format!("x = '{token}'"),
            format!("# {token}\ny"),
            format!("!curl -H \"Authorization: Bearer {token}\" é"),
            format!("token = \"{token}\""),
            format!("値 [link](https://x.org?k={token}), `é`"),
        ] {
            assert_eq!(found(&text), [(what, &*token)], "{text}");
        }
    }
}

#[test]
fn what_is_cut_or_goes_on_is_none() {
    for (_, token) in planted() {
        assert_eq!(found(&format!("a{token}")), [], "{token}");
        assert_eq!(found(&token[..14]), [], "{token}");
    }
    let mut wrong = github("ghp_");
    wrong.replace_range(10..11, "-");
    assert_eq!(found(&wrong), []);
    let wrong = github("ghp_").replace("aF5", "aF6");
    assert_eq!(found(&wrong), [], "its checksum is another");
    assert_eq!(
        found(&jwt("eyJ0eXAiOiJKV1QifQ")),
        [],
        "its header has no alg"
    );
}

#[test]
fn checksums_are_those_of_github() {
    // A token that GitHub revoked and shows in its own tests.
    assert_eq!(base62(crc32(b"zQWBuTSOoRi4A9spHcVY5ncnsDkxkJ")), "0mLq17");
}

#[test]
fn private_keys_are_found_in_one_line_and_in_many() {
    let body = noise(BASE62, 64);
    let (begin, end) = (
        ["-----BEGIN", " RSA PRIVATE KEY-----"].concat(),
        "-----END RSA PRIVATE KEY-----",
    );
    let lines = format!("{begin}\n{body}\n{body}\n{end}");
    assert_eq!(
        found(&format!("k = '''{lines}'''")),
        [("a private key", &*lines)]
    );
    let line = format!("{begin}\\n{body}\\n{end}");
    assert_eq!(
        found(&format!("\"private_key\": \"{line}\\n\",")),
        [("a private key", &*line)]
    );
    assert_eq!(found(&format!("if '{begin}' in text: pass\n{end}")), []);
    assert_eq!(found(&format!("{begin}\n...\n{end}")), []);
}

#[test]
fn passwords_of_connections_are_found() {
    let password = noise("s4fT!kq2z", 9);
    for text in [
        format!("create_engine('postgresql+psycopg2://me:{password}@db.shop.net:5432/x')"),
        format!("redis://:{password}@10.0.0.1"),
        format!("git clone https://me:{password}@git.shop.net/x.git"),
    ] {
        assert_eq!(
            found(&text),
            [("the password of a connection", &*password)],
            "{text}"
        );
    }
    for text in [
        "postgres://user:password@localhost/x",
        "postgres://postgres:postgres@db",
        "f'mysql://{user}:{pw}@{host}'",
        "mysql://me:<password>@host",
        "mysql://me:$PASSWORD@db.shop.net",
        "https://example.org:8080/@me",
        "https://me@shop.net",
        "amqp://me:PASS_WORD@shop.net",
        "http://a.net, b:c@d.net",
    ] {
        assert_eq!(found(text), [], "{text}");
    }
    let key = noise(BASE62, 86) + "==";
    let text =
        format!("DefaultEndpointsProtocol=https;AccountName=x;AccountKey={key};EndpointSuffix=y");
    assert_eq!(
        found(&text),
        [("the key of an Azure storage account", &*key)]
    );
}

#[test]
fn passwords_are_found_by_what_they_are_given_to() {
    let password = noise("s4fT!kq2z", 10);
    for text in [
        format!("db_password = '{password}'"),
        format!("dbPassword=\"{password}\""),
        format!("connect(user='me', passwd='{password}', port=1)"),
        format!("PWD: str = '{password}'"),
        format!("{{'password': '{password}'}}"),
        format!("os.environ[\"DB_PASSWORD\"] = '{password}'"),
        format!("reader.option('password', '{password}')"),
        format!("%env DB_PASSWORD={password}"),
        format!("!export PASSWORD={password} && x"),
        format!("# password = '{password}'"),
    ] {
        assert_eq!(found(&text), [("a password", &*password)], "{text}");
    }
    let key = noise(BASE62, 40);
    for text in [
        format!("aws_secret_access_key = '{key}'"),
        format!("spark.conf.set(\"fs.s3a.secret.key\", \"{key}\")"),
        format!("client_secret='{key}'"),
        format!("apiKey: \"{key}\""),
        format!("API_KEY_2 = '{key}'"),
    ] {
        assert_eq!(found(&text), [("a secret key or token", &*key)], "{text}");
    }
    let text = format!("!aws configure set aws_secret_access_key {key}");
    assert_eq!(found(&text), [("an AWS secret access key", &*key)]);
    let key = noise(HEX, 32);
    let text = format!("{{\"username\":\"me\",\"key\":\"{key}\"}}");
    assert_eq!(found(&text), [("a secret key or token", &*key)]);
}

#[test]
fn what_stands_for_a_secret_is_none() {
    for text in [
        "password = 'your-password-1!'",
        "password = ''",
        "password = 'postgres'",
        "password = 'changeme123'",
        "password = os.environ['DB_PASSWORD_1']",
        "password = getpass('Password 1: ')",
        "password = dbutils.secrets.get(scope='s1', key='db-password-1')",
        "password = f'{user}-1!'",
        "if password == 'a8!kLmq0pZ': pass",
        "df['password'].str.len()",
        "token = '[CLS]'",
        "pad_token = '<|endoftext|>'",
        "token = 'bert-base-uncased-finetuned-sst2'",
        "token_type = 'a0b1c2d3e4f5a6b7c8d9'",
        "secret_name = 'prod-db-9f8e7d6c5b4a'",
        "primary_key = 'a0b1c2d3e4f5a6b7c8d9'",
        "key = 'a0b1c2d3e4f5a6b7c8d9'",
        "api_key = 'xxxxxxxxxxxxxxxx1234'",
        "api_key = '0000000000000000000a'",
        "key_id = 'AKIAIOSFODNN7EXAMPLE'",
        "<a class='sk-toggleable__label-arrow sk-estimator-doc-link-label-1'>",
        "hf_hub_download_with_retries_and_a_timeout()",
        "data:image/png;base64,eyJhIjoxfQ",
        "ask-me-anything-about-0123456789abcdef0123",
    ] {
        assert_eq!(found(text), [], "{text}");
    }
}

#[test]
fn the_mask_keeps_columns_and_lines() {
    let password = noise("s4fT!kq2z", 10);
    let text = format!("é = 1\npassword = '{password}é'  # 値");
    let shown = Masked::new(&text).part(TextRange::up_to(size(text.len())));
    assert_eq!(shown, "é = 1\npassword = '•••••••••••'  # 値");
    let part = TextRange::new(size(7), size(text.len()));
    assert_eq!(
        Masked::new(&text).part(part),
        "password = '•••••••••••'  # 値"
    );
}

proptest::proptest! {
    #[test]
    fn any_text_is_survived(parts in proptest::collection::vec(0..KINDS.len() + 8, 0..12)) {
        let others = ["é", "\n", "'", "\"", " = ", ":", "@", "a1B2c3D4e5F6g7H8"];
        let text: String = parts
            .into_iter()
            .map(|part| KINDS.get(part).map_or_else(|| others[part - KINDS.len()], |kind| kind.start))
            .collect();
        let whole = TextRange::up_to(size(text.len()));
        proptest::prop_assert_eq!(Masked::new(&text).part(whole).chars().count(), text.chars().count());
    }
}

#[test]
fn a_text_of_nothing_but_first_letters_is_read_in_time() {
    for part in [
        "sk-",
        "key ",
        "key=",
        "eyJ.",
        "-----BEGIN PRIVATE KEY-----\\n",
        "a://b:",
        "\"token\": é",
    ] {
        let text = part.repeat(20_000 / part.len());
        assert_eq!(found(&text), [], "{part}");
    }
}
