//! The network of functions in a VPC: what `deploy` checks, because a mistake there shows only when the load should begin.

use reqwest::Method;

use super::error::{AwsError, Cause};
use super::session::Session;
use super::signed::{SignedRequest, element, elements, host};

/// What was found about a region's subnets.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct NetworkCheck {
    /// What keeps the functions from running, with the fix.
    pub(super) problems: Vec<String>,
    /// Addresses that servers on the internet see.
    pub(super) addresses: Vec<String>,
}

/// A subnet with the routes that count for it.
#[derive(Debug)]
struct Subnet {
    id: String,
    vpc: String,
    /// Targets of the route to the internet, and of gateway endpoints: `nat-…`, `igw-…`, `vpce-…`.
    targets: Vec<String>,
}

impl Session {
    /// Checks that subnets and security groups are of one VPC, and that functions there reach the bucket of the control channel.
    /// `is_home`: the bucket is in this region.
    pub(super) async fn check_network(
        &self,
        region: &str,
        subnets: &[String],
        groups: &[String],
        is_home: bool,
    ) -> Result<NetworkCheck, AwsError> {
        let answer = self.ec2(region, "DescribeSubnets", &numbered("SubnetId", subnets)).await?;
        let found: Vec<(String, String)> =
            items(&answer, "subnetId").into_iter().map(|item| (of(&item, "subnetId"), of(&item, "vpcId"))).collect();
        let missing = subnets.iter().filter(|id| !found.iter().any(|(known, _)| known == *id)).cloned().collect::<Vec<_>>();
        if !missing.is_empty() {
            return Err(AwsError::new(Cause::NotFound, format!("subnet {} not found in {region}", missing.join(", "))));
        }
        let mut vpcs: Vec<&str> = found.iter().map(|(_, vpc)| vpc.as_str()).collect();
        vpcs.sort_unstable();
        vpcs.dedup();
        let [vpc] = vpcs[..] else {
            let why = format!("the subnets of {region} are in several VPCs ({}), and a function can be in one only", vpcs.join(", "));
            return Err(AwsError::new(Cause::Other, why));
        };
        if !groups.is_empty() {
            let answer = self.ec2(region, "DescribeSecurityGroups", &numbered("GroupId", groups)).await?;
            let other = items(&answer, "groupId").into_iter().find(|item| of(item, "vpcId") != vpc);
            if let Some(other) = other {
                let why = format!(
                    "security group {} is in {}, and the subnets are in {vpc}: name a group of {vpc}",
                    of(&other, "groupId"),
                    of(&other, "vpcId")
                );
                return Err(AwsError::new(Cause::Other, why));
            }
        }
        let tables = self.ec2(region, "DescribeRouteTables", &[filter(1, "vpc-id", vpc)].concat()).await?;
        let endpoints = self.ec2(region, "DescribeVpcEndpoints", &[filter(1, "vpc-id", vpc)].concat()).await?;
        let subnets: Vec<Subnet> =
            found.iter().map(|(id, vpc)| Subnet { id: id.clone(), vpc: vpc.clone(), targets: targets(&tables, id) }).collect();
        let mut check = NetworkCheck { problems: problems(&subnets, &endpoints, region, is_home), addresses: Vec::new() };
        let mut nats: Vec<String> =
            subnets.iter().flat_map(|subnet| &subnet.targets).filter(|id| id.starts_with("nat-")).cloned().collect();
        nats.sort_unstable();
        nats.dedup();
        if !nats.is_empty() {
            check.addresses = elements(&self.ec2(region, "DescribeNatGateways", &numbered("NatGatewayId", &nats)).await?, "publicIp");
        }
        Ok(check)
    }

    /// A call of EC2's query API.
    async fn ec2(&self, region: &str, action: &str, parameters: &[(String, String)]) -> Result<String, AwsError> {
        let mut form = url::form_urlencoded::Serializer::new(String::new());
        form.append_pair("Action", action).append_pair("Version", "2016-11-15").extend_pairs(parameters);
        let body = form.finish();
        let request = SignedRequest {
            call: format!("ec2:{action} in {region}"),
            service: "ec2",
            region,
            method: Method::POST,
            url: format!("{}/", self.endpoint("ec2").unwrap_or_else(|| host("ec2", region))),
            headers: &[("content-type", "application/x-www-form-urlencoded; charset=utf-8")],
            body: body.as_bytes(),
        };
        request.send(&self.http, &self.credentials().await?).await
    }
}

fn numbered(name: &str, values: &[String]) -> Vec<(String, String)> {
    values.iter().enumerate().map(|(number, value)| (format!("{name}.{}", number + 1), value.clone())).collect()
}

fn filter(number: usize, name: &str, value: &str) -> Vec<(String, String)> {
    vec![(format!("Filter.{number}.Name"), name.to_owned()), (format!("Filter.{number}.Value.1"), value.to_owned())]
}

/// The outermost `<item>`s of an answer that contain an element of that name.
fn items(xml: &str, name: &str) -> Vec<String> {
    let (mut found, mut depth, mut begin) = (Vec::new(), 0u32, 0);
    let mut rest = 0;
    while let Some(at) = xml[rest..].find('<').map(|at| rest + at) {
        rest = at + 1;
        if xml[at..].starts_with("<item>") {
            if depth == 0 {
                begin = at + "<item>".len();
            }
            depth += 1;
        } else if xml[at..].starts_with("</item>") {
            depth = depth.saturating_sub(1);
            if depth == 0 && xml[begin..at].contains(&format!("<{name}>")) {
                found.push(xml[begin..at].to_owned());
            }
        }
    }
    found
}

fn of(xml: &str, name: &str) -> String {
    element(xml, name).unwrap_or_default()
}

/// The targets of a subnet's routes: of its own route table, else of the main one of its VPC.
fn targets(tables: &str, subnet: &str) -> Vec<String> {
    let tables = items(tables, "routeTableId");
    let own = tables.iter().find(|table| table.contains(&format!("<subnetId>{subnet}</subnetId>")));
    let Some(table) = own.or_else(|| tables.iter().find(|table| table.contains("<main>true</main>"))) else { return Vec::new() };
    let kinds = ["natGatewayId", "gatewayId", "transitGatewayId", "networkInterfaceId", "instanceId", "vpcPeeringConnectionId"];
    kinds.iter().flat_map(|kind| elements(table, kind)).filter(|target| target != "local").collect()
}

/// What keeps functions of these subnets from being stopped, and so from generating load.
fn problems(subnets: &[Subnet], endpoints: &str, region: &str, is_home: bool) -> Vec<String> {
    let s3 = format!("com.amazonaws.{region}.s3");
    let endpoints: Vec<String> =
        items(endpoints, "vpcEndpointId").into_iter().filter(|item| of(item, "serviceName").ends_with(&s3)).collect();
    let is_interface = endpoints.iter().any(|item| of(item, "vpcEndpointType") == "Interface");
    let cut_off = |subnet: &&Subnet| {
        let has = |kinds: &[&str]| subnet.targets.iter().any(|target| kinds.iter().any(|kind| target.starts_with(kind)));
        // A gateway leads to the buckets of its own region only.
        let endpoint = is_home && (is_interface || endpoints.iter().any(|item| subnet.targets.contains(&of(item, "vpcEndpointId"))));
        !endpoint && !has(&["nat-", "tgw-", "eni-", "i-", "vgw-"])
    };
    let mut lines = Vec::new();
    for subnet in subnets.iter().filter(cut_off) {
        let gateway = if subnet.targets.iter().any(|target| target.starts_with("igw-")) {
            "; its internet gateway does not help, because functions have no public address"
        } else {
            ""
        };
        let fix = if is_home {
            format!("add a gateway endpoint for {s3} to its route table in {}, or a NAT gateway", subnet.vpc)
        } else {
            format!("add a NAT gateway to {}, because the bucket is in another region", subnet.vpc)
        };
        lines.push(format!(
            "functions in {} of {region} cannot reach S3, over which they are stopped, so `run` will start no load there{gateway}: {fix}",
            subnet.id
        ));
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLES: &str = "<DescribeRouteTablesResponse><routeTableSet>\
        <item><routeTableId>rtb-main</routeTableId><routeSet><item><destinationCidrBlock>10.0.0.0/16</destinationCidrBlock>\
        <gatewayId>local</gatewayId></item></routeSet><associationSet><item><main>true</main></item></associationSet></item>\
        <item><routeTableId>rtb-nat</routeTableId><routeSet><item><gatewayId>local</gatewayId></item><item>\
        <destinationCidrBlock>0.0.0.0/0</destinationCidrBlock><natGatewayId>nat-1</natGatewayId></item></routeSet><associationSet>\
        <item><subnetId>subnet-nat</subnetId><main>false</main></item></associationSet></item>\
        <item><routeTableId>rtb-public</routeTableId><routeSet><item><gatewayId>igw-1</gatewayId></item></routeSet><associationSet>\
        <item><subnetId>subnet-public</subnetId></item></associationSet></item>\
        <item><routeTableId>rtb-s3</routeTableId><routeSet><item><gatewayId>vpce-1</gatewayId></item></routeSet><associationSet>\
        <item><subnetId>subnet-s3</subnetId></item></associationSet></item></routeTableSet></DescribeRouteTablesResponse>";

    const ENDPOINTS: &str = "<vpcEndpointSet><item><vpcEndpointId>vpce-1</vpcEndpointId><vpcEndpointType>Gateway</vpcEndpointType>\
        <serviceName>com.amazonaws.us-west-2.s3</serviceName><routeTableIdSet><item>rtb-s3</item></routeTableIdSet></item></vpcEndpointSet>";

    fn check(subnet: &str, endpoints: &str, is_home: bool) -> Vec<String> {
        let subnet = Subnet { id: subnet.into(), vpc: "vpc-1".into(), targets: targets(TABLES, subnet) };
        problems(&[subnet], endpoints, "us-west-2", is_home)
    }

    #[test]
    fn routes_of_a_subnet_are_those_of_its_table_or_of_the_main_one() {
        assert_eq!(targets(TABLES, "subnet-nat"), ["nat-1"]);
        assert_eq!(targets(TABLES, "subnet-other"), Vec::<String>::new());
        assert_eq!(targets(TABLES, "subnet-s3"), ["vpce-1"]);
    }

    #[test]
    fn subnets_without_a_way_to_the_bucket_are_named_with_the_fix() {
        assert_eq!(check("subnet-nat", "", true), Vec::<String>::new());
        assert_eq!(check("subnet-s3", ENDPOINTS, true), Vec::<String>::new());
        let alone = check("subnet-other", ENDPOINTS, true).remove(0);
        assert!(alone.contains("functions in subnet-other of us-west-2 cannot reach S3"), "{alone}");
        assert!(alone.ends_with("add a gateway endpoint for com.amazonaws.us-west-2.s3 to its route table in vpc-1, or a NAT gateway"));
        let public = check("subnet-public", "", true).remove(0);
        assert!(public.contains("its internet gateway does not help"), "{public}");
        let far = check("subnet-s3", ENDPOINTS, false).remove(0);
        assert!(far.ends_with("add a NAT gateway to vpc-1, because the bucket is in another region"), "{far}");
        let interface = ENDPOINTS.replace("Gateway</", "Interface</");
        assert_eq!(check("subnet-other", &interface, true), Vec::<String>::new());
    }
}
